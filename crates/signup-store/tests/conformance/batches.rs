//! Writes that share a commit. Tests run on one thread, so all that is asked for before the first wait is written
//! together.

use std::time::{Duration, Instant};

use diesel::sql_types::BigInt;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _};
use futures_util::future::join_all;
use serde_json::json;
use signup_core::code::{Limit, LimitScope, MAX_WRONG_TRIES};
use signup_core::identifier::IdentifierKind;
use signup_core::reply::Reply;
use signup_core::sign_up::{IdempotencyClaim, SignUpOutcome, SignUpRecord};
use signup_store::{ClaimOutcome, Store, StoreChallengeOutcome, StoreError};
use signup_testkit::TestDatabase;

use crate::fixture::{Fixture, NOW, binding, email, later, named, new_challenge, sign_up};
use crate::on_both;

on_both!(
    bad_sign_ups_fail_alone_and_each_for_its_own_reason,
    one_that_the_database_cannot_hold_fails_alone,
    of_those_that_want_the_same_the_first_gets_it,
    codes_asked_for_together_count_one_after_the_other,
    of_codes_for_one_address_the_last_one_lives,
    what_is_late_is_refused_and_not_written,
    a_shared_commit_is_measured,
    two_processes_write_batches_that_want_the_same,
);

/// What became of sign-ups that were written together.
async fn together(
    store: &Store,
    records: Vec<SignUpRecord>,
) -> Vec<Result<SignUpOutcome, StoreError>> {
    let written = records.into_iter();
    join_all(written.map(|record| store.sign_up(record, later()))).await
}

fn reply() -> Reply {
    Reply::json(200, &json!({"id": 1}))
}

async fn claimed(store: &Store, key: &str) -> IdempotencyClaim {
    let minute = Duration::from_secs(60);
    let outcome = store
        .claim_idempotency("acme", "shop", key, [1; 32], NOW, minute, 60 * minute)
        .await
        .unwrap();
    match outcome {
        ClaimOutcome::Claimed(claim) => claim,
        other => panic!("{other:?}"),
    }
}

async fn bad_sign_ups_fail_alone_and_each_for_its_own_reason(fixture: Fixture) {
    let store = &fixture.store;
    let before = sign_up(vec![named("taken"), email("taken@example.com")], vec![]);
    store.sign_up(before, later()).await.unwrap();
    let good_code = fixture.challenge("good@example.com").await.id;
    let two_codes = [
        fixture.challenge("one@example.com").await.id,
        fixture.challenge("two@example.com").await.id,
    ];
    let kept_code = fixture.challenge("kept@example.com").await.id;
    let locked = fixture.challenge("locked@example.com").await.id;
    for _ in 0..MAX_WRONG_TRIES {
        store.record_wrong_try(locked).await.unwrap();
    }
    let lost = claimed(store, "lost").await;
    store.release_idempotency(lost.clone()).await.unwrap();
    let held = claimed(store, "held").await;

    let with_claim = |name: &str, claim: &IdempotencyClaim| SignUpRecord {
        claim: Some((claim.clone(), reply())),
        ..sign_up(vec![named(name)], vec![])
    };
    let outcomes = together(
        store,
        vec![
            sign_up(
                vec![named("good"), email("good@example.com")],
                vec![good_code],
            ),
            sign_up(
                vec![named("locked"), email("TAKEN@example.com")],
                vec![locked],
            ),
            sign_up(
                vec![named("Taken"), email("taken@example.com")],
                vec![kept_code],
            ),
            sign_up(vec![named("half")], two_codes.to_vec()),
            sign_up(vec![email("locked@example.com")], vec![]),
            with_claim("loser", &lost),
            with_claim("winner", &held),
        ],
    )
    .await;
    let outcomes: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        outcomes,
        [
            SignUpOutcome::Created,
            SignUpOutcome::CodeSpent(locked),
            SignUpOutcome::Taken(IdentifierKind::Username),
            SignUpOutcome::Created,
            SignUpOutcome::Created,
            SignUpOutcome::ClaimLost,
            SignUpOutcome::Created,
        ]
    );
    assert_eq!(store.count_users().await.unwrap(), 5);
    let codes_and_users = store.recent_envelopes(20).await.unwrap();
    assert_eq!(codes_and_users.len(), 5 + 5);

    // Who failed has left nothing behind: code and names are as good as before.
    let again = together(
        store,
        vec![
            sign_up(vec![named("kept")], vec![kept_code]),
            sign_up(vec![named("loser"), email("late@example.com")], vec![]),
            sign_up(vec![named("last")], vec![good_code]),
        ],
    )
    .await;
    let again: Vec<_> = again.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        again,
        [
            SignUpOutcome::Created,
            SignUpOutcome::Created,
            SignUpOutcome::CodeSpent(good_code),
        ]
    );
    // The reply of the one that kept its claim is there for whoever asks again.
    let minute = Duration::from_secs(60);
    let replayed = store
        .claim_idempotency("acme", "shop", "held", [1; 32], NOW, minute, minute)
        .await
        .unwrap();
    assert_eq!(replayed, ClaimOutcome::Replay(reply()));
}

async fn one_that_the_database_cannot_hold_fails_alone(fixture: Fixture) {
    let mut bad = sign_up(vec![named("bad")], vec![]);
    // Longer than the index on it can hold on PostgreSQL; on SQLite it is a public id like any other.
    bad.user.public_id = (0..4_000).map(|n| format!("{n:x}-")).collect();
    let records = vec![
        sign_up(vec![named("one")], vec![]),
        bad,
        sign_up(vec![named("two")], vec![]),
    ];
    let outcomes = together(&fixture.store, records).await;
    assert!(
        matches!(outcomes[0], Ok(SignUpOutcome::Created)),
        "{outcomes:?}"
    );
    assert!(
        matches!(outcomes[2], Ok(SignUpOutcome::Created)),
        "{outcomes:?}"
    );
    match (&outcomes[1], fixture.database.url().starts_with("postgres")) {
        (Err(StoreError::Statement(_)), true) | (Ok(SignUpOutcome::Created), false) => {}
        other => panic!("{other:?}"),
    }
}

async fn of_those_that_want_the_same_the_first_gets_it(fixture: Fixture) {
    let code = fixture.challenge("bob@example.com").await.id;
    let mut twin = sign_up(vec![named("twin")], vec![]);
    let first = sign_up(vec![named("bob")], vec![]);
    twin.user.public_id.clone_from(&first.user.public_id);
    let outcomes = together(
        &fixture.store,
        vec![
            first,
            sign_up(vec![named("Bob"), email("bob@example.com")], vec![]),
            sign_up(vec![email("bob@example.com")], vec![code]),
            sign_up(vec![named("alice")], vec![code]),
            twin,
        ],
    )
    .await;
    let outcomes: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        outcomes,
        [
            SignUpOutcome::Created,
            SignUpOutcome::Taken(IdentifierKind::Username),
            SignUpOutcome::Created,
            SignUpOutcome::CodeSpent(code),
            SignUpOutcome::PublicIdTaken,
        ]
    );
}

async fn codes_asked_for_together_count_one_after_the_other(fixture: Fixture) {
    let limits = |own: &str, allowed| {
        ["shared", own].map(|key| Limit {
            key: key.into(),
            scope: LimitScope::Client,
            allowed: if key == "shared" { 2 } else { allowed },
            window: Duration::from_secs(30),
        })
    };
    let requests = [
        ("a@example.com", 9, true),
        ("b@example.com", 0, false),
        ("c@example.com", 9, true),
        ("d@example.com", 9, false),
    ];
    let store = &fixture.store;
    let written = requests.map(|(address, own, _)| {
        let new = new_challenge(address, limits(address, own).into());
        store.store_challenge(new, later())
    });
    for (outcome, (address, _, is_stored)) in join_all(written).await.into_iter().zip(requests) {
        let outcome = outcome.unwrap();
        let is_limited = matches!(outcome, StoreChallengeOutcome::Limited(_));
        assert_eq!(is_limited, !is_stored, "{address}: {outcome:?}");
    }
    assert_eq!(store.recent_envelopes(10).await.unwrap().len(), 2);
}

async fn of_codes_for_one_address_the_last_one_lives(fixture: Fixture) {
    let store = &fixture.store;
    let news = [(); 3].map(|()| new_challenge("bob@example.com", vec![]));
    let last = news[2].challenge.clone();
    let written = news.map(|new| store.store_challenge(new, later()));
    for outcome in join_all(written).await {
        assert_eq!(outcome.unwrap(), StoreChallengeOutcome::Stored);
    }
    let binding = binding("bob@example.com");
    let live = store.find_live_challenge(binding, NOW).await.unwrap();
    assert_eq!(live, Some(last));
}

async fn what_is_late_is_refused_and_not_written(fixture: Fixture) {
    let store = &fixture.store;
    let record = sign_up(vec![named("late")], vec![]);
    let refused = store.sign_up(record, Instant::now()).await;
    assert!(
        matches!(refused, Err(StoreError::Overloaded)),
        "{refused:?}"
    );
    assert_eq!(store.count_users().await.unwrap(), 0);
}

/// Neither blocks the other for good, and each name goes to one of them.
async fn two_processes_write_batches_that_want_the_same(fixture: Fixture) {
    let processes = [fixture.store.clone(), fixture.another_process()];
    let wanted = |reversed: bool| {
        let mut numbers: Vec<u32> = (0..50).collect();
        if reversed {
            numbers.reverse();
        }
        let records = numbers.into_iter().map(|number| {
            sign_up(
                vec![
                    named(&format!("user{number}")),
                    email(&format!("u{number}@example.com")),
                ],
                vec![],
            )
        });
        records.collect::<Vec<_>>()
    };
    let (one, other) = tokio::join!(
        together(&processes[0], wanted(false)),
        together(&processes[1], wanted(true)),
    );
    let mut created = 0;
    for outcome in one.into_iter().chain(other) {
        match outcome.unwrap() {
            SignUpOutcome::Created => created += 1,
            other => assert_eq!(other, SignUpOutcome::Taken(IdentifierKind::Username)),
        }
    }
    assert_eq!(created, 50);
    assert_eq!(fixture.store.count_users().await.unwrap(), 50);
}

#[derive(QueryableByName)]
struct Commits {
    #[diesel(sql_type = BigInt)]
    commits: i64,
}

#[tokio::test]
async fn sign_ups_that_wait_together_share_one_commit() {
    let fixture = Fixture::new(TestDatabase::postgres()).await;
    let records = (0..50).map(|number| sign_up(vec![named(&format!("user{number}"))], vec![]));
    for outcome in together(&fixture.store, records.collect()).await {
        assert_eq!(outcome.unwrap(), SignUpOutcome::Created);
    }
    let mut connection = PgConnection::establish(fixture.database.url()).unwrap();
    let rows = "SELECT count(DISTINCT xmin::text) AS commits FROM users";
    let written: Commits = diesel::sql_query(rows).get_result(&mut connection).unwrap();
    assert_eq!(written.commits, 1);
}

async fn a_shared_commit_is_measured(fixture: Fixture) {
    let records = ["ann", "ben", "cat"].map(|name| sign_up(vec![named(name)], vec![]));
    for outcome in together(&fixture.store, records.into()).await {
        assert_eq!(outcome.unwrap(), SignUpOutcome::Created);
    }
    let sum_and_count = |name: &str| {
        let families = fixture.store.collectors().into_iter();
        let mut metrics = families
            .flat_map(|collector| collector.collect())
            .filter(|family| family.name() == name)
            .flat_map(|family| family.get_metric().to_vec())
            .filter(|metric| metric.get_label()[0].value() == "sign_ups");
        let histogram = metrics.next().unwrap();
        let histogram = histogram.get_histogram();
        (histogram.get_sample_sum(), histogram.get_sample_count())
    };
    assert_eq!(sum_and_count("signup_writer_batch_size"), (3.0, 1));
    assert_eq!(sum_and_count("signup_writer_wait_seconds").1, 3);
    let (seconds, batches) = sum_and_count("signup_writer_batch_seconds");
    assert!(seconds > 0.0 && batches == 1, "{seconds} s, {batches}");
}
