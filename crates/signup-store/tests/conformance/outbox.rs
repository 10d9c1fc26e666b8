use std::collections::HashSet;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use signup_core::event::{Event, Hold};
use signup_core::time::Timestamp;
use signup_store::{ClaimedEvent, Lane, StoreChallengeOutcome, Unpublished};
use signup_testkit::TestDatabase;

use crate::fixture::{Fixture, NOW, context, later, named, new_challenge, sign_up};
use crate::on_both;

on_both!(
    events_are_claimed_in_their_order_and_once,
    a_claim_comes_free_when_its_lease_ends,
    a_relay_that_lost_its_lease_marks_nothing,
    an_event_that_was_given_back_comes_again_later,
    relays_side_by_side_share_the_events,
    a_code_is_claimed_past_everything_else_that_waits,
    of_one_subject_the_next_event_is_claimed_after_the_first_was_published,
    events_that_were_not_tried_are_free_at_once_and_count_no_attempt,
    a_held_event_is_claimed_when_its_hold_ends,
    who_holds_an_event_marks_it_without_a_claim,
    a_relay_whose_hold_ended_marks_and_gives_back_nothing,
    only_the_first_event_of_a_sign_up_is_held,
);

const LEASE: Duration = Duration::from_secs(30);

fn ids(claimed: &[ClaimedEvent]) -> Vec<String> {
    claimed.iter().map(|one| one.event.id.clone()).collect()
}

async fn with_users(fixture: &Fixture, count: usize) {
    with_users_named(fixture, "user", count).await;
}

async fn with_users_named(fixture: &Fixture, name: &str, count: usize) {
    for number in 0..count {
        let record = sign_up(vec![named(&format!("{name}{number}"))], Vec::new());
        fixture.store.sign_up(record, later()).await.unwrap();
    }
}

async fn events_are_claimed_in_their_order_and_once(fixture: Fixture) {
    let store = &fixture.store;
    with_users(&fixture, 5).await;
    let first = store
        .claim_events("a", Lane::Others, 3, NOW, LEASE)
        .await
        .unwrap();
    let second = store
        .claim_events("b", Lane::Others, 3, NOW, LEASE)
        .await
        .unwrap();
    assert_eq!((first.len(), second.len()), (3, 2));
    let sequences: Vec<_> = first
        .iter()
        .chain(&second)
        .map(|event| event.sequence)
        .collect();
    assert!(sequences.is_sorted());
    assert_eq!(first[0].attempts, 1);
    assert_eq!(first[0].event.routing_key, "user.created.acme");

    store.mark_published("a", ids(&first), NOW).await.unwrap();
    assert_eq!(store.backlog().await.unwrap().waiting, 2);
}

async fn a_claim_comes_free_when_its_lease_ends(fixture: Fixture) {
    let store = &fixture.store;
    with_users(&fixture, 1).await;
    let claimed = store
        .claim_events("a", Lane::Others, 10, NOW, LEASE)
        .await
        .unwrap();
    let early = NOW.after(LEASE - Duration::from_millis(1));
    assert!(
        store
            .claim_events("b", Lane::Others, 10, early, LEASE)
            .await
            .unwrap()
            .is_empty()
    );
    let again = store
        .claim_events("b", Lane::Others, 10, NOW.after(LEASE), LEASE)
        .await
        .unwrap();
    assert_eq!(again[0].event.id, claimed[0].event.id);
    assert_eq!(again[0].attempts, 2);
}

async fn a_relay_that_lost_its_lease_marks_nothing(fixture: Fixture) {
    let store = &fixture.store;
    with_users(&fixture, 1).await;
    let claimed = store
        .claim_events("a", Lane::Others, 10, NOW, LEASE)
        .await
        .unwrap();
    store
        .claim_events("b", Lane::Others, 10, NOW.after(LEASE), LEASE)
        .await
        .unwrap();
    store.mark_published("a", ids(&claimed), NOW).await.unwrap();
    assert_eq!(store.backlog().await.unwrap().waiting, 1);
}

async fn an_event_that_was_given_back_comes_again_later(fixture: Fixture) {
    let store = &fixture.store;
    with_users(&fixture, 1).await;
    let claimed = store
        .claim_events("a", Lane::Others, 10, NOW, LEASE)
        .await
        .unwrap();
    let later = NOW.after(Duration::from_secs(5));
    store
        .mark_unpublished(
            "a",
            vec![Unpublished {
                id: claimed[0].event.id.clone(),
                retry_at: later,
                problem: "no consumer".into(),
            }],
        )
        .await
        .unwrap();
    assert!(
        store
            .claim_events("a", Lane::Others, 10, NOW, LEASE)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        store
            .claim_events("a", Lane::Others, 10, later, LEASE)
            .await
            .unwrap()
            .len(),
        1
    );
}

async fn relays_side_by_side_share_the_events(fixture: Fixture) {
    with_users(&fixture, 40).await;
    let processes = [fixture.store.clone(), fixture.another_process()];
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let store = processes[number % 2].clone();
            tokio::spawn(async move {
                let relay = format!("relay{number}");
                store
                    .claim_events(&relay, Lane::Others, 10, NOW, LEASE)
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut seen = HashSet::new();
    for task in tasks {
        for event in task.await.unwrap() {
            assert!(
                seen.insert(event.event.id.clone()),
                "{} was claimed twice",
                event.event.id
            );
        }
    }
    assert_eq!(seen.len(), 40);
}

async fn a_code_is_claimed_past_everything_else_that_waits(fixture: Fixture) {
    let store = &fixture.store;
    with_users(&fixture, 20).await;
    fixture.challenge("bob@example.com").await;
    with_users_named(&fixture, "late", 1).await;

    let codes = store.claim_events("a", Lane::Codes, 5, NOW, LEASE).await;
    let others = store.claim_events("b", Lane::Others, 50, NOW, LEASE).await;

    let codes = codes.unwrap();
    assert_eq!(codes.len(), 1);
    assert_eq!(codes[0].event.routing_key, "otp.requested.email");
    assert_eq!(others.unwrap().len(), 21);
}

async fn of_one_subject_the_next_event_is_claimed_after_the_first_was_published(fixture: Fixture) {
    let store = &fixture.store;
    let mut record = sign_up(vec![named("bob")], Vec::new());
    let second = Event::user_created(&record.user, &context());
    record.events.push(second.clone());
    store.sign_up(record, later()).await.unwrap();
    with_users(&fixture, 1).await;

    let claim = async |relay| {
        store
            .claim_events(relay, Lane::Others, 10, NOW, LEASE)
            .await
            .unwrap()
    };
    let first = claim("a").await;
    assert_eq!(first.len(), 2, "bob's first event and the other user's");
    assert!(
        first
            .iter()
            .all(|claimed| claimed.event.id != second.id.to_string())
    );
    assert_eq!(
        claim("b").await,
        [],
        "bob's second event waits for the first"
    );

    store.mark_published("a", ids(&first), NOW).await.unwrap();
    let next = claim("b").await;
    assert_eq!(next.len(), 1);
    assert_eq!(next[0].event.id, second.id.to_string());
}

async fn events_that_were_not_tried_are_free_at_once_and_count_no_attempt(fixture: Fixture) {
    let store = &fixture.store;
    with_users(&fixture, 2).await;
    let claimed = store
        .claim_events("a", Lane::Others, 10, NOW, LEASE)
        .await
        .unwrap();

    store
        .release_events("a", ids(&claimed), NOW, "no connection".into())
        .await
        .unwrap();

    let again = store
        .claim_events("b", Lane::Others, 10, NOW, LEASE)
        .await
        .unwrap();
    assert_eq!(again.len(), 2);
    assert!(again.iter().all(|claimed| claimed.attempts == 1));
}

fn hold() -> Hold {
    Hold {
        by: "a".to_owned(),
        until: NOW.after(LEASE),
    }
}

/// A sign-up and a code request whose events the relay `a` holds; the events' ids.
async fn with_held(fixture: &Fixture) -> [String; 2] {
    let mut record = sign_up(vec![named("bob")], Vec::new());
    record.hold = Some(hold());
    let mut code = new_challenge("bob@example.com", Vec::new());
    code.hold = Some(hold());
    let ids = [record.events[0].id, code.event.id].map(|id| id.to_string());
    fixture.store.sign_up(record, later()).await.unwrap();
    let stored = fixture.store.store_challenge(code, later());
    assert_eq!(stored.await.unwrap(), StoreChallengeOutcome::Stored);
    ids
}

async fn claim_both(fixture: &Fixture, relay: &str, now: Timestamp) -> Vec<ClaimedEvent> {
    let mut claimed = Vec::new();
    for lane in [Lane::Others, Lane::Codes] {
        let of_lane = fixture.store.claim_events(relay, lane, 10, now, LEASE);
        claimed.extend(of_lane.await.unwrap());
    }
    claimed
}

async fn a_held_event_is_claimed_when_its_hold_ends(fixture: Fixture) {
    let held = with_held(&fixture).await;

    let early = NOW.after(LEASE - Duration::from_millis(1));
    assert_eq!(claim_both(&fixture, "b", early).await, []);
    assert_eq!(fixture.store.backlog().await.unwrap().waiting, 2);

    let claimed = claim_both(&fixture, "b", NOW.after(LEASE)).await;
    assert_eq!(ids(&claimed), held);
    assert!(claimed.iter().all(|one| one.attempts == 2));
}

async fn who_holds_an_event_marks_it_without_a_claim(fixture: Fixture) {
    let held = with_held(&fixture).await;

    let mark = fixture.store.mark_published("a", held.to_vec(), NOW);
    mark.await.unwrap();

    assert_eq!(fixture.store.backlog().await.unwrap().waiting, 0);
    let event = fixture.store.find_event(&held[0]).await.unwrap().unwrap();
    assert_eq!(event.published_at, Some(NOW));
    assert_eq!(event.attempts, 1);
}

async fn a_relay_whose_hold_ended_marks_and_gives_back_nothing(fixture: Fixture) {
    let store = &fixture.store;
    let held = with_held(&fixture).await;
    let later = NOW.after(LEASE);
    claim_both(&fixture, "b", later).await;

    store
        .mark_published("a", held.to_vec(), later)
        .await
        .unwrap();
    store
        .release_events("a", held.to_vec(), later, "no connection".into())
        .await
        .unwrap();
    let unpublished = held.iter().map(|id| Unpublished {
        id: id.clone(),
        retry_at: later,
        problem: "no consumer".into(),
    });
    store
        .mark_unpublished("a", unpublished.collect())
        .await
        .unwrap();

    assert_eq!(store.backlog().await.unwrap().waiting, 2);
    assert_eq!(claim_both(&fixture, "c", later).await, []);
    let event = store.find_event(&held[0]).await.unwrap().unwrap();
    assert_eq!((event.attempts, event.last_error), (2, None));
}

async fn only_the_first_event_of_a_sign_up_is_held(fixture: Fixture) {
    let mut record = sign_up(vec![named("bob")], Vec::new());
    let second = Event::user_created(&record.user, &context());
    record.events.push(second.clone());
    record.hold = Some(hold());
    let first = record.events[0].id.to_string();
    fixture.store.sign_up(record, later()).await.unwrap();
    assert_eq!(claim_both(&fixture, "b", NOW).await, []);

    let mark = fixture.store.mark_published("a", vec![first], NOW);
    mark.await.unwrap();

    let claimed = claim_both(&fixture, "b", NOW).await;
    assert_eq!(ids(&claimed), [second.id.to_string()]);
}

#[tokio::test]
async fn an_event_that_commits_after_later_ones_were_published_is_claimed_all_the_same_on_postgres()
{
    let fixture = Fixture::new(TestDatabase::postgres()).await;
    // A sign-up that has its place in the outbox and is slow to commit.
    let mut slow = PgConnection::establish(fixture.database.url()).unwrap();
    slow.batch_execute(
        "BEGIN; INSERT INTO outbox (id, event_type, subject, routing_key, envelope, time, available_at) \
         VALUES ('slow', 'signup.user.created.v1', 'u1', 'user.created.acme', '{}', 0, 0)",
    )
    .unwrap();
    with_users(&fixture, 3).await;
    let claim = async || {
        fixture
            .store
            .claim_events("a", Lane::Others, 10, NOW, LEASE)
            .await
            .unwrap()
    };
    let fast = claim().await;
    assert_eq!(fast.len(), 3);
    fixture
        .store
        .mark_published("a", ids(&fast), NOW)
        .await
        .unwrap();

    slow.batch_execute("COMMIT").unwrap();

    let late = claim().await;
    assert_eq!(late.len(), 1);
    assert_eq!(late[0].event.id, "slow");
    assert!(late[0].sequence < fast[0].sequence);
}
