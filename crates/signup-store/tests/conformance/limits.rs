use std::time::Duration;

use signup_core::code::{Channel, Limit, LimitMode, LimitScope};
use signup_store::{Exhausted, LimitHit, StoreChallengeOutcome};

use crate::fixture::{Fixture, NOW, later, new_challenge};
use crate::on_both;

on_both!(
    limits_with_one_key_share_a_window_however_long_each_looks_back,
    a_limit_of_none_lets_nothing_through,
    observed_limits_refuse_nothing_and_tell_exactly_what_enforced_ones_refuse,
    hits_of_an_hour_are_added_up_by_all_processes,
    a_limit_lets_through_what_it_allows_and_says_when_to_come_back,
    a_window_opens_anew_when_it_has_closed,
    a_refused_request_counts_against_no_limit,
    a_limit_holds_for_parallel_requests_on_two_processes,
);

const WINDOW: Duration = Duration::from_secs(30);

fn limit(key: &str, allowed: u32) -> Limit {
    Limit {
        key: key.into(),
        scope: LimitScope::Client,
        allowed,
        window: WINDOW,
    }
}

async fn a_limit_lets_through_what_it_allows_and_says_when_to_come_back(fixture: Fixture) {
    for expected in [true, true, false, false] {
        let new = new_challenge("bob@example.com", vec![limit("two", 2)]);
        let outcome = fixture.store.store_challenge(new, later()).await.unwrap();
        if expected {
            assert_eq!(outcome, StoreChallengeOutcome::Stored);
        } else {
            let exhausted = Exhausted {
                key: "two".into(),
                scope: LimitScope::Client,
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
        let outcome = fixture.store.store_challenge(new, later()).await.unwrap();
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
            .store_challenge(new_challenge(address, limits(first)), later())
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
            tokio::spawn(async move { store.store_challenge(new, later()).await.unwrap() })
        })
        .collect();
    let mut stored = 0;
    for task in tasks {
        stored += usize::from(task.await.unwrap() == StoreChallengeOutcome::Stored);
    }
    assert_eq!(stored, 7);
    assert_eq!(fixture.store.recent_envelopes(50).await.unwrap().len(), 7);
}

async fn limits_with_one_key_share_a_window_however_long_each_looks_back(fixture: Fixture) {
    let long = Limit {
        window: 2 * WINDOW,
        ..limit("shared", 1)
    };
    let short = limit("shared", 1);
    for (seconds, limit, expected) in [
        (0, &short, true),
        (29, &short, false),
        (31, &long, false),
        (31, &short, true),
        (62, &long, false),
        (91, &long, true),
    ] {
        let mut new = new_challenge("bob@example.com", vec![limit.clone()]);
        new.challenge.created_at = NOW.after(Duration::from_secs(seconds));
        let outcome = fixture.store.store_challenge(new, later()).await.unwrap();
        let stored = outcome == StoreChallengeOutcome::Stored;
        assert_eq!(stored, expected, "after {seconds} s: {outcome:?}");
    }
}

async fn a_limit_of_none_lets_nothing_through(fixture: Fixture) {
    for (mode, expected) in [
        (LimitMode::Enforce, false),
        (LimitMode::Observe, true),
        (LimitMode::Enforce, false),
    ] {
        let mut new = new_challenge("bob@example.com", vec![limit("none", 0)]);
        new.limit_mode = mode;
        let outcome = fixture.store.store_challenge(new, later()).await.unwrap();
        let refused = matches!(outcome, StoreChallengeOutcome::Limited(_));
        assert_eq!(!refused, expected, "{outcome:?}");
        assert_ne!(outcome, StoreChallengeOutcome::Stored);
    }
}

async fn observed_limits_refuse_nothing_and_tell_exactly_what_enforced_ones_refuse(
    fixture: Fixture,
) {
    // Addresses, clients and times that meet each of the limits, some of them at once.
    let requests = (0..120_u64).map(|number| {
        let client = if number.is_multiple_of(3) {
            1 + number % 2
        } else {
            0
        };
        (number * 7 % 13, client, number * 900)
    });
    let (mut told, mut most) = (Vec::new(), 0);
    for (address, client, millis) in requests {
        let limits = |mode: &str| {
            vec![
                limit(&format!("{mode}/address/{address}"), 1),
                limit(&format!("{mode}/client/{client}"), 4),
                limit(&format!("{mode}/all"), 9),
            ]
        };
        let outcomes = [LimitMode::Enforce, LimitMode::Observe].map(|mode| {
            let name = mode.as_str();
            let mut new = new_challenge(&format!("{name}{address}@example.com"), limits(name));
            new.limit_mode = mode;
            new.challenge.created_at = NOW.after(Duration::from_millis(millis));
            fixture.store.store_challenge(new, later())
        });
        let [enforced, observed] = outcomes;
        let hit = |exhausted: Exhausted| {
            let key = exhausted.key.split_once('/').unwrap().1.to_owned();
            (key, exhausted.retry_after)
        };
        let enforced = match enforced.await.unwrap() {
            StoreChallengeOutcome::Limited(exhausted) => Some(hit(exhausted)),
            other => {
                assert_eq!(other, StoreChallengeOutcome::Stored);
                None
            }
        };
        let observed = match observed.await.unwrap() {
            StoreChallengeOutcome::StoredBeyond(exhausted) => Some(hit(exhausted)),
            other => {
                assert_eq!(other, StoreChallengeOutcome::Stored);
                None
            }
        };
        assert_eq!(enforced, observed, "at {millis} ms");
        let (all, now) = (
            limit("observe/all", 9),
            NOW.after(Duration::from_millis(millis)),
        );
        most = most.max(fixture.store.find_usage(&all, now).await.unwrap());
        told.extend(enforced.map(|(key, _)| key));
    }
    for kind in ["address/", "client/", "all"] {
        let hits = told.iter().filter(|key| key.starts_with(kind)).count();
        assert!(hits > 0, "the sequence meets no limit of {kind}: {told:?}");
    }
    assert!(most > 9, "what is beyond the limit counts too: {most}");
}

async fn hits_of_an_hour_are_added_up_by_all_processes(fixture: Fixture) {
    const HOUR: Duration = Duration::from_secs(3600);
    let hit = |time, country: Option<&str>| {
        let scope = if country.is_some() {
            "country"
        } else {
            "client"
        };
        let mode = LimitMode::Observe;
        LimitHit::at(time, "acme", "shop", scope, Channel::Sms, country, mode)
    };
    let other = fixture.another_process();
    let [first, second] = [&fixture.store, &other].map(|store| {
        let hits = vec![(hit(NOW, Some("86")), 2), (hit(NOW, None), 5)];
        store.count_limit_hits(hits)
    });
    let (first, second) = tokio::join!(first, second);
    first.unwrap();
    second.unwrap();
    let earlier = hit(NOW.before(2 * HOUR), None);
    let store = &fixture.store;
    store.count_limit_hits(vec![(earlier, 1)]).await.unwrap();

    let counted = store.limit_hits(NOW).await.unwrap();
    assert_eq!(counted, [(hit(NOW, None), 10), (hit(NOW, Some("86")), 4)]);
    assert_eq!(
        store.limit_hits(NOW.before(2 * HOUR)).await.unwrap().len(),
        3
    );
}
