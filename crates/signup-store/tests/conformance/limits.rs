use std::time::Duration;

use signup_core::code::Limit;
use signup_store::{Exhausted, StoreChallengeOutcome};

use crate::fixture::{Fixture, NOW, new_challenge};
use crate::on_both;

on_both!(
    a_limit_lets_through_what_it_allows_and_says_when_to_come_back,
    a_window_opens_anew_when_it_has_closed,
    a_refused_request_counts_against_no_limit,
    a_limit_holds_for_parallel_requests_on_two_processes,
);

const WINDOW: Duration = Duration::from_secs(30);

fn limit(key: &str, allowed: u32) -> Limit {
    Limit {
        key: key.into(),
        allowed,
        window: WINDOW,
    }
}

async fn a_limit_lets_through_what_it_allows_and_says_when_to_come_back(fixture: Fixture) {
    for expected in [true, true, false, false] {
        let new = new_challenge("bob@example.com", vec![limit("two", 2)]);
        let outcome = fixture.store.store_challenge(new).await.unwrap();
        if expected {
            assert_eq!(outcome, StoreChallengeOutcome::Stored);
        } else {
            let exhausted = Exhausted {
                key: "two".into(),
                retry_after: WINDOW,
            };
            assert_eq!(outcome, StoreChallengeOutcome::Limited(exhausted));
        }
    }
}

async fn a_window_opens_anew_when_it_has_closed(fixture: Fixture) {
    let steps = [
        (0, true),
        (29_999, false),
        (30_000, true),
        (59_999, false),
        (60_000, true),
    ];
    for (millis, expected) in steps {
        let mut new = new_challenge("bob@example.com", vec![limit("one", 1)]);
        new.challenge.created_at = NOW.after(Duration::from_millis(millis));
        let outcome = fixture.store.store_challenge(new).await.unwrap();
        assert_eq!(
            outcome == StoreChallengeOutcome::Stored,
            expected,
            "after {millis} ms"
        );
    }
}

async fn a_refused_request_counts_against_no_limit(fixture: Fixture) {
    let limits = |first| vec![limit(first, 1), limit("shared", 2)];
    let store = &fixture.store;
    for (address, first, expected) in [
        ("a@example.com", "a", true),
        ("a@example.com", "a", false),
        ("b@example.com", "b", true),
    ] {
        let outcome = store
            .store_challenge(new_challenge(address, limits(first)))
            .await
            .unwrap();
        assert_eq!(
            outcome == StoreChallengeOutcome::Stored,
            expected,
            "{first}"
        );
    }
    assert_eq!(store.recent_envelopes(10).await.unwrap().len(), 2);
}

async fn a_limit_holds_for_parallel_requests_on_two_processes(fixture: Fixture) {
    let processes = [fixture.store.clone(), fixture.another_process()];
    let tasks: Vec<_> = (0..30)
        .map(|number| {
            let store = processes[number % 2].clone();
            let new = new_challenge("bob@example.com", vec![limit("seven", 7)]);
            tokio::spawn(async move { store.store_challenge(new).await.unwrap() })
        })
        .collect();
    let mut stored = 0;
    for task in tasks {
        stored += usize::from(task.await.unwrap() == StoreChallengeOutcome::Stored);
    }
    assert_eq!(stored, 7);
    assert_eq!(fixture.store.recent_envelopes(50).await.unwrap().len(), 7);
}
