use signup_core::identifier::IdentifierKind;
use signup_core::user::SignUpOutcome;
use uuid::Uuid;

use crate::fixture::{Fixture, email, named, sign_up};
use crate::on_both;

on_both!(
    a_user_its_identifiers_and_its_event_are_written_together,
    a_taken_identifier_leaves_nothing_behind,
    identical_sign_ups_on_two_processes_make_one_user,
    sign_ups_that_want_each_others_identifiers_do_not_block_one_another,
    a_public_id_in_use_is_reported_as_such,
    a_user_is_found_by_every_name_it_has,
);

async fn a_user_its_identifiers_and_its_event_are_written_together(fixture: Fixture) {
    let store = &fixture.store;
    let record = sign_up(vec![named("Bob"), email("Bob@Example.com")], Vec::new());
    let public_id = record.user.public_id.clone();
    assert_eq!(store.sign_up(record).await.unwrap(), SignUpOutcome::Created);

    let found = store.find_users(&public_id).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].request_id, "request-1");
    assert_eq!(found[0].profile["nickname"], "Bob");
    assert_eq!(
        found[0].identifiers,
        [
            (
                "email".into(),
                "Bob@Example.com".into(),
                "bob@example.com".into(),
                false
            ),
            ("username".into(), "Bob".into(), "bob".into(), false),
        ]
    );
    let envelopes = store.recent_envelopes(10).await.unwrap();
    assert_eq!(envelopes.len(), 1);
    assert!(envelopes[0].contains(&public_id));
}

async fn a_taken_identifier_leaves_nothing_behind(fixture: Fixture) {
    let store = &fixture.store;
    let first = sign_up(vec![named("bob"), email("bob@example.com")], Vec::new());
    store.sign_up(first).await.unwrap();

    let same_email = sign_up(vec![named("alice"), email("BOB@example.com")], Vec::new());
    assert_eq!(
        store.sign_up(same_email).await.unwrap(),
        SignUpOutcome::Taken(IdentifierKind::Email)
    );
    assert_eq!(store.count_users().await.unwrap(), 1);
    assert_eq!(store.recent_envelopes(10).await.unwrap().len(), 1);

    // The name that came with it is still free.
    let alice = sign_up(vec![named("alice")], Vec::new());
    assert_eq!(store.sign_up(alice).await.unwrap(), SignUpOutcome::Created);
}

async fn identical_sign_ups_on_two_processes_make_one_user(fixture: Fixture) {
    let processes = [fixture.store.clone(), fixture.another_process()];
    let tasks: Vec<_> = (0..100)
        .map(|number| {
            let store = processes[number % 2].clone();
            tokio::spawn(async move {
                store
                    .sign_up(sign_up(vec![named("bob")], Vec::new()))
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut created = 0;
    for task in tasks {
        match task.await.unwrap() {
            SignUpOutcome::Created => created += 1,
            other => assert_eq!(other, SignUpOutcome::Taken(IdentifierKind::Username)),
        }
    }
    assert_eq!(created, 1);
    assert_eq!(fixture.store.count_users().await.unwrap(), 1);
    assert_eq!(fixture.store.recent_envelopes(10).await.unwrap().len(), 1);
}

async fn sign_ups_that_want_each_others_identifiers_do_not_block_one_another(fixture: Fixture) {
    let processes = [fixture.store.clone(), fixture.another_process()];
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let store = processes[number % 2].clone();
            let identifiers = if number % 2 == 0 {
                vec![named("one"), email("two@example.com")]
            } else {
                vec![email("two@example.com"), named("one")]
            };
            tokio::spawn(async move { store.sign_up(sign_up(identifiers, Vec::new())).await })
        })
        .collect();
    let mut created = 0;
    for task in tasks {
        created += usize::from(task.await.unwrap().unwrap() == SignUpOutcome::Created);
    }
    assert_eq!(created, 1);
}

async fn a_public_id_in_use_is_reported_as_such(fixture: Fixture) {
    let store = &fixture.store;
    let first = sign_up(vec![named("bob")], Vec::new());
    let mut second = sign_up(vec![named("alice")], Vec::new());
    second.user.public_id.clone_from(&first.user.public_id);
    store.sign_up(first).await.unwrap();
    assert_eq!(
        store.sign_up(second).await.unwrap(),
        SignUpOutcome::PublicIdTaken
    );
}

async fn a_user_is_found_by_every_name_it_has(fixture: Fixture) {
    let store = &fixture.store;
    let record = sign_up(vec![named("Bob"), email("bob@example.com")], Vec::new());
    let (id, public_id) = (record.user.id.to_string(), record.user.public_id.clone());
    store.sign_up(record).await.unwrap();
    for name in [id.as_str(), &public_id, "bob", "bob@example.com"] {
        assert_eq!(store.find_users(name).await.unwrap().len(), 1, "{name}");
    }
    let nobody = Uuid::now_v7().to_string();
    assert!(store.find_users(&nobody).await.unwrap().is_empty());
}
