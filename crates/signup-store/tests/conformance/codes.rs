use signup_core::code::{Challenge, MAX_WRONG_TRIES};
use signup_core::identifier::IdentifierKind;
use signup_core::sign_up::SignUpOutcome;
use signup_core::time::Timestamp;
use signup_store::{ChallengeState, Store};

use crate::fixture::{Fixture, NOW, binding, email, later, named, sign_up};
use crate::on_both;

on_both!(
    a_code_signs_up_one_user_only,
    a_code_used_in_parallel_on_two_processes_signs_up_one_user,
    a_newer_code_kills_the_older_one,
    codes_for_two_addresses_live_side_by_side,
    five_wrong_tries_kill_a_code,
    a_code_is_live_until_it_expires,
    wrong_tries_in_parallel_are_all_counted,
    a_taken_identifier_leaves_the_code_usable,
    a_dead_code_is_told_before_a_taken_identifier,
);

async fn live(store: &Store, now: Timestamp) -> Option<Challenge> {
    let found = store.find_live_challenge(binding("bob@example.com"), now);
    found.await.unwrap()
}

async fn a_code_signs_up_one_user_only(fixture: Fixture) {
    let store = &fixture.store;
    let code = fixture.challenge("bob@example.com").await;
    let first = sign_up(vec![named("one")], vec![code.id]);
    assert_eq!(
        store.sign_up(first, later()).await.unwrap(),
        SignUpOutcome::Created
    );
    let second = sign_up(vec![named("two")], vec![code.id]);
    assert_eq!(
        store.sign_up(second, later()).await.unwrap(),
        SignUpOutcome::CodeSpent(code.id)
    );
    assert_eq!(store.count_users().await.unwrap(), 1);
    let (_, state) = store.find_challenge(code.id).await.unwrap().unwrap();
    assert_eq!(state, ChallengeState::Consumed);
}

async fn a_code_used_in_parallel_on_two_processes_signs_up_one_user(fixture: Fixture) {
    let code = fixture.challenge("bob@example.com").await;
    let processes = [fixture.store.clone(), fixture.another_process()];
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let store = processes[number % 2].clone();
            let record = sign_up(vec![named(&format!("user{number}"))], vec![code.id]);
            tokio::spawn(async move { store.sign_up(record, later()).await.unwrap() })
        })
        .collect();
    let mut created = 0;
    for task in tasks {
        match task.await.unwrap() {
            SignUpOutcome::Created => created += 1,
            other => assert_eq!(other, SignUpOutcome::CodeSpent(code.id)),
        }
    }
    assert_eq!(created, 1);
}

async fn a_newer_code_kills_the_older_one(fixture: Fixture) {
    let store = &fixture.store;
    let older = fixture.challenge("bob@example.com").await;
    let newer = fixture.challenge("bob@example.com").await;
    assert_eq!(live(store, NOW).await, Some(newer.clone()));
    let (_, state) = store.find_challenge(older.id).await.unwrap().unwrap();
    assert_eq!(state, ChallengeState::Replaced);
    let with_older = sign_up(vec![named("bob")], vec![older.id]);
    assert_eq!(
        store.sign_up(with_older, later()).await.unwrap(),
        SignUpOutcome::CodeSpent(older.id)
    );
    let with_newer = sign_up(vec![named("bob")], vec![newer.id]);
    assert_eq!(
        store.sign_up(with_newer, later()).await.unwrap(),
        SignUpOutcome::Created
    );
}

async fn codes_for_two_addresses_live_side_by_side(fixture: Fixture) {
    let bob = fixture.challenge("bob@example.com").await;
    let alice = fixture.challenge("alice@example.com").await;
    let both = sign_up(vec![named("both")], vec![bob.id, alice.id]);
    assert_eq!(
        fixture.store.sign_up(both, later()).await.unwrap(),
        SignUpOutcome::Created
    );
}

async fn five_wrong_tries_kill_a_code(fixture: Fixture) {
    let store = &fixture.store;
    let code = fixture.challenge("bob@example.com").await;
    for _ in 1..MAX_WRONG_TRIES {
        store.record_wrong_try(code.id).await.unwrap();
    }
    let (_, state) = store.find_challenge(code.id).await.unwrap().unwrap();
    assert_eq!(state, ChallengeState::Live);
    assert_eq!(live(store, NOW).await, Some(code.clone()));
    store.record_wrong_try(code.id).await.unwrap();
    let (_, state) = store.find_challenge(code.id).await.unwrap().unwrap();
    assert_eq!(state, ChallengeState::Locked);
    assert_eq!(live(store, NOW).await, None);
    let record = sign_up(vec![named("bob")], vec![code.id]);
    assert_eq!(
        store.sign_up(record, later()).await.unwrap(),
        SignUpOutcome::CodeSpent(code.id)
    );
}

async fn a_code_is_live_until_it_expires(fixture: Fixture) {
    let store = &fixture.store;
    let code = fixture.challenge("bob@example.com").await;
    let last = Timestamp::from_millis(code.expires_at.as_millis() - 1);
    assert_eq!(live(store, last).await, Some(code.clone()));
    assert_eq!(live(store, code.expires_at).await, None);
}

async fn wrong_tries_in_parallel_are_all_counted(fixture: Fixture) {
    let code = fixture.challenge("bob@example.com").await;
    let processes = [fixture.store.clone(), fixture.another_process()];
    let tasks: Vec<_> = (0..MAX_WRONG_TRIES as usize)
        .map(|number| {
            let store = processes[number % 2].clone();
            tokio::spawn(async move { store.record_wrong_try(code.id).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let (_, state) = fixture
        .store
        .find_challenge(code.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(state, ChallengeState::Locked);
}

async fn a_taken_identifier_leaves_the_code_usable(fixture: Fixture) {
    let store = &fixture.store;
    store
        .sign_up(sign_up(vec![named("bob")], Vec::new()), later())
        .await
        .unwrap();
    let code = fixture.challenge("bob@example.com").await;
    let taken = sign_up(vec![named("bob"), email("bob@example.com")], vec![code.id]);
    assert_eq!(
        store.sign_up(taken, later()).await.unwrap(),
        SignUpOutcome::Taken(IdentifierKind::Username)
    );
    let other = sign_up(
        vec![named("bobby"), email("bob@example.com")],
        vec![code.id],
    );
    assert_eq!(
        store.sign_up(other, later()).await.unwrap(),
        SignUpOutcome::Created
    );
}

async fn a_dead_code_is_told_before_a_taken_identifier(fixture: Fixture) {
    let store = &fixture.store;
    store
        .sign_up(sign_up(vec![named("bob")], Vec::new()), later())
        .await
        .unwrap();
    let older = fixture.challenge("bob@example.com").await;
    fixture.challenge("bob@example.com").await;
    let record = sign_up(vec![named("bob")], vec![older.id]);
    assert_eq!(
        store.sign_up(record, later()).await.unwrap(),
        SignUpOutcome::CodeSpent(older.id)
    );
}
