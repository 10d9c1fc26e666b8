use std::time::Duration;

use signup_core::reply::Reply;
use signup_core::sign_up::{IdempotencyClaim, SignUpOutcome};
use signup_core::time::Timestamp;
use signup_store::{ClaimOutcome, Store};

use crate::fixture::{Fixture, NOW, later, named, sign_up};
use crate::on_both;

on_both!(
    the_first_request_claims_and_a_finished_one_is_replayed,
    another_body_is_a_mismatch_at_any_time,
    a_released_key_may_be_used_again,
    a_dead_request_is_taken_over_after_its_lease,
    a_request_that_lost_its_claim_signs_nobody_up,
    keys_of_two_applications_are_different_keys,
    a_key_is_forgotten_after_its_retention,
    parallel_requests_get_one_claim,
);

const LEASE: Duration = Duration::from_secs(60);
const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

async fn claim(store: &Store, application: &str, body: u8, now: Timestamp) -> ClaimOutcome {
    store
        .claim_idempotency(
            "acme",
            application,
            "key-1",
            [body; 32],
            now,
            LEASE,
            RETENTION,
        )
        .await
        .unwrap()
}

async fn claimed(store: &Store, now: Timestamp) -> IdempotencyClaim {
    match claim(store, "shop", 1, now).await {
        ClaimOutcome::Claimed(claim) => claim,
        other => panic!("expected a claim, found {other:?}"),
    }
}

fn reply() -> Reply {
    Reply::json(200, &serde_json::json!({"id": "u1"})).with_header("x-extra", "1")
}

async fn the_first_request_claims_and_a_finished_one_is_replayed(fixture: Fixture) {
    let store = &fixture.store;
    let first = claimed(store, NOW).await;
    assert_eq!(claim(store, "shop", 1, NOW).await, ClaimOutcome::InProgress);
    let mut record = sign_up(vec![named("bob")], Vec::new());
    record.claim = Some((first, reply()));
    assert_eq!(
        store.sign_up(record, later()).await.unwrap(),
        SignUpOutcome::Created
    );
    assert_eq!(
        claim(store, "shop", 1, NOW).await,
        ClaimOutcome::Replay(reply())
    );
}

async fn another_body_is_a_mismatch_at_any_time(fixture: Fixture) {
    let store = &fixture.store;
    let first = claimed(store, NOW).await;
    assert_eq!(claim(store, "shop", 2, NOW).await, ClaimOutcome::Mismatch);
    store.finish_idempotency(first, reply()).await.unwrap();
    assert_eq!(claim(store, "shop", 2, NOW).await, ClaimOutcome::Mismatch);
    assert_eq!(
        claim(store, "shop", 2, NOW.after(LEASE)).await,
        ClaimOutcome::Mismatch
    );
}

async fn a_released_key_may_be_used_again(fixture: Fixture) {
    let store = &fixture.store;
    let first = claimed(store, NOW).await;
    store.release_idempotency(first).await.unwrap();
    claimed(store, NOW).await;
}

async fn a_dead_request_is_taken_over_after_its_lease(fixture: Fixture) {
    let store = &fixture.store;
    let first = claimed(store, NOW).await;
    let second = claimed(store, NOW.after(LEASE)).await;
    assert_ne!(first.token, second.token);
    // What the first one still does has no effect.
    store
        .finish_idempotency(first.clone(), reply())
        .await
        .unwrap();
    store.release_idempotency(first).await.unwrap();
    assert_eq!(
        claim(store, "shop", 1, NOW.after(LEASE)).await,
        ClaimOutcome::InProgress
    );
}

async fn a_request_that_lost_its_claim_signs_nobody_up(fixture: Fixture) {
    let store = &fixture.store;
    let first = claimed(store, NOW).await;
    claimed(store, NOW.after(LEASE)).await;
    let mut record = sign_up(vec![named("bob")], Vec::new());
    record.claim = Some((first, reply()));
    assert_eq!(
        store.sign_up(record, later()).await.unwrap(),
        SignUpOutcome::ClaimLost
    );
    assert_eq!(store.count_users().await.unwrap(), 0);
}

async fn keys_of_two_applications_are_different_keys(fixture: Fixture) {
    let store = &fixture.store;
    claimed(store, NOW).await;
    assert!(matches!(
        claim(store, "other", 2, NOW).await,
        ClaimOutcome::Claimed(_)
    ));
}

async fn a_key_is_forgotten_after_its_retention(fixture: Fixture) {
    let store = &fixture.store;
    let first = claimed(store, NOW).await;
    store.finish_idempotency(first, reply()).await.unwrap();
    assert!(matches!(
        claim(store, "shop", 2, NOW.after(RETENTION)).await,
        ClaimOutcome::Claimed(_)
    ));
}

async fn parallel_requests_get_one_claim(fixture: Fixture) {
    let processes = [fixture.store.clone(), fixture.another_process()];
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let store = processes[number % 2].clone();
            tokio::spawn(async move { claim(&store, "shop", 1, NOW).await })
        })
        .collect();
    let mut claims = 0;
    for task in tasks {
        match task.await.unwrap() {
            ClaimOutcome::Claimed(_) => claims += 1,
            other => assert_eq!(other, ClaimOutcome::InProgress),
        }
    }
    assert_eq!(claims, 1);
}
