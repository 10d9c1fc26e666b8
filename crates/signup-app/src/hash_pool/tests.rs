#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use prometheus::proto::Metric;
use signup_core::password::Password;
use signup_core::user::PasswordHash;

use super::backlog::{Backlog, Job, Place};
use super::pace::{Pace, units};
use super::{HashError, HashPool, verify};
use crate::metrics::Metrics;
use crate::settings::HashSettings;

const COST: u32 = 4;

fn pool(threads: usize, queue: usize) -> HashPool {
    pool_of(&HashSettings {
        cost: COST,
        threads,
        queue,
        nice: 19,
        allow_test_cost: true,
    })
}

fn pool_of(settings: &HashSettings) -> HashPool {
    HashPool::new(settings, &Metrics::new().unwrap()).unwrap()
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

fn in_a_minute() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// A backlog that nobody works off, in which a hash of [`COST`] is known to take `time`.
fn backlog(capacity: usize, threads: usize, time: Duration) -> Arc<Backlog> {
    backlog_with(capacity, threads, time, &Metrics::new().unwrap())
}

fn backlog_with(
    capacity: usize,
    threads: usize,
    time: Duration,
    metrics: &Metrics,
) -> Arc<Backlog> {
    let pace = Pace::of(units(COST), time);
    Arc::new(Backlog::new(capacity, threads, pace, metrics.hash.clone()))
}

fn push(backlog: &Arc<Backlog>, application: &str, deadline: Instant) -> Result<Place, HashError> {
    backlog.push(application, password(application), COST, None, deadline)
}

/// Takes a job and hashes nothing.
fn work_off(backlog: &Backlog) -> Job {
    let job = backlog.next().unwrap();
    backlog.finished(job.cost, Duration::from_millis(1));
    job
}

/// Whose password it is, by the helpers above.
fn whose(job: &Job) -> String {
    job.password.expose().to_owned()
}

fn is_busy(result: Result<Place, HashError>) -> bool {
    matches!(result, Err(HashError::Busy { .. }))
}

fn told_busy(place: Place) -> bool {
    matches!(
        place.hashed().now_or_never(),
        Some(Err(HashError::Busy { .. }))
    )
}

/// What the metrics say of those who were refused for this reason.
fn refused(metrics: &Metrics, reason: &str) -> f64 {
    sample(metrics, "signup_hash_refused_total", reason, |one| {
        one.get_counter().get_value()
    })
}

fn sample(metrics: &Metrics, name: &str, label: &str, read: impl Fn(&Metric) -> f64) -> f64 {
    let families = metrics.registry.gather();
    let family = families.iter().find(|one| one.name() == name).unwrap();
    let has_label = |one: &&Metric| {
        label.is_empty() || one.get_label().iter().any(|pair| pair.value() == label)
    };
    read(family.get_metric().iter().find(has_label).unwrap())
}

#[tokio::test]
async fn a_hash_verifies_its_own_password_and_no_other() {
    let pool = pool(1, 8);
    let hash = pool
        .hash("shop", password("a password"), COST, in_a_minute())
        .await
        .unwrap();

    assert!(hash.as_str().starts_with("$2b$04$"));
    assert!(verify(&password("a password"), &hash).unwrap());
    assert!(!verify(&password("a Password"), &hash).unwrap());
    assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
}

#[tokio::test]
async fn a_hash_that_is_begun_and_not_ready_in_time_is_refused_at_the_deadline() {
    let metrics = Metrics::new().unwrap();
    let backlog = backlog_with(4, 1, Duration::from_millis(1), &metrics);
    let place = push(&backlog, "shop", Instant::now() + Duration::from_millis(20)).unwrap();
    // Whoever took it never gets to the end of it.
    let begun = backlog.next().unwrap();

    assert!(matches!(place.hashed().await, Err(HashError::Busy { .. })));
    assert_eq!(refused(&metrics, "expired"), 1.0);
    drop(begun);
}

#[tokio::test]
async fn all_72_bytes_count() {
    let pool = pool(1, 8);
    let long = "é".repeat(35) + "xy";
    assert_eq!(long.len(), 72);

    let hash = pool
        .hash("shop", password(&long), COST, in_a_minute())
        .await
        .unwrap();

    assert!(verify(&password(&long), &hash).unwrap());
    let other = "é".repeat(35) + "xz";
    assert!(!verify(&password(&other), &hash).unwrap());
}

#[tokio::test]
async fn a_password_is_compared_on_the_threads_as_well() {
    let pool = pool(1, 10);
    for text in ["a password", &"x".repeat(72)] {
        let deadline = in_a_minute();
        let hash = pool.hash("shop", password(text), COST, deadline).await;
        let hash = hash.unwrap();
        let matches = |text: &str| pool.matches("console", password(text), &hash, deadline);
        assert_eq!(matches(text).await, Ok(true));
        assert_eq!(matches(&text[1..]).await, Ok(false));
        assert_eq!(matches("").await, Ok(false));
    }
    // What other programs call their hashes says nothing about how they are made.
    let hash = pool
        .hash("shop", password("a password"), COST, in_a_minute())
        .await;
    let other = PasswordHash::new(hash.unwrap().as_str().replacen("$2b$", "$2y$", 1));
    let matches = pool.matches("console", password("a password"), &other, in_a_minute());
    assert_eq!(matches.await, Ok(true));
    let none = PasswordHash::new("no hash".to_owned());
    let refused = pool
        .matches("console", password("x"), &none, in_a_minute())
        .await;
    assert!(matches!(refused, Err(HashError::Failed(_))));
}

#[tokio::test]
async fn a_cost_outside_the_permitted_range_is_refused() {
    let strict = pool_of(&HashSettings {
        cost: 12,
        threads: 1,
        queue: 8,
        nice: 19,
        allow_test_cost: false,
    });
    for cost in [9, 16, 31] {
        let refused = strict
            .hash("shop", password("x"), cost, in_a_minute())
            .await;
        assert_eq!(refused, Err(HashError::CostNotPermitted { cost }));
    }
}

#[tokio::test]
async fn ten_times_too_many_are_refused_at_once_and_the_queue_stays_bounded() {
    let pool = pool(1, 10);
    let (mut accepted, mut refused) = (Vec::new(), 0);
    for _ in 0..100 {
        // Cost 10 takes tens of milliseconds: far longer than filling the queue.
        let mut attempt = Box::pin(pool.hash("shop", password("x"), 10, in_a_minute()));
        let first_poll = tokio::select! {
            biased;
            result = &mut attempt => Some(result),
            () = std::future::ready(()) => None,
        };
        match first_poll {
            Some(Err(HashError::Busy { retry_after })) => {
                refused += 1;
                assert!(retry_after >= Duration::from_secs(1));
            }
            Some(other) => panic!("{other:?}"),
            None => accepted.push(attempt),
        }
        assert!(pool.queue_depth() <= 10);
    }

    assert!(refused >= 50, "only {refused} refused");
    for attempt in accepted {
        assert!(attempt.await.is_ok());
    }
}

#[tokio::test]
async fn who_comes_while_another_application_floods_the_pool_is_served_among_the_next() {
    let metrics = Metrics::new().unwrap();
    let backlog = backlog_with(1000, 1, Duration::from_millis(1), &metrics);
    let flood: Vec<_> = (0..500)
        .map(|_| push(&backlog, "flood", in_a_minute()).unwrap())
        .collect();
    work_off(&backlog);

    // 499 others would take half a second; of them it waits for one.
    let soon = Instant::now() + Duration::from_millis(400);
    let _place = push(&backlog, "shop", soon).unwrap();
    assert!(is_busy(push(&backlog, "flood", soon)));
    let next = [work_off(&backlog), work_off(&backlog)];
    assert!(next.iter().any(|job| whose(job) == "shop"));
    assert_eq!(refused(&metrics, "deadline"), 1.0);
    drop(flood);
    assert_eq!(backlog.depth(), 0);
}

#[test]
fn dear_passwords_of_one_application_do_not_outrun_cheap_ones_of_another() {
    let backlog = backlog(1000, 1, Duration::from_micros(1));
    let mut places = Vec::new();
    for _ in 0..20 {
        places.push(
            backlog
                .push("dear", password("dear"), COST + 3, None, in_a_minute())
                .unwrap(),
        );
    }
    for _ in 0..100 {
        places.push(push(&backlog, "cheap", in_a_minute()).unwrap());
    }
    let dear = (0..90)
        .filter(|_| whose(&work_off(&backlog)) == "dear")
        .count();
    assert_eq!(dear, 10, "one for every eight cheap ones");
}

#[tokio::test]
async fn an_application_with_less_than_its_share_of_the_places_takes_one_from_who_has_most() {
    let metrics = Metrics::new().unwrap();
    let backlog = backlog_with(4, 1, Duration::from_millis(1), &metrics);
    let mut flood: Vec<_> = (0..4)
        .map(|_| push(&backlog, "flood", in_a_minute()).unwrap())
        .collect();
    assert!(is_busy(push(&backlog, "flood", in_a_minute())));
    assert_eq!(refused(&metrics, "queue_full"), 1.0);

    let mut shop = vec![push(&backlog, "shop", in_a_minute()).unwrap()];
    assert!(told_busy(flood.pop().unwrap()), "the newest gives way");
    shop.push(push(&backlog, "shop", in_a_minute()).unwrap());
    assert!(told_busy(flood.pop().unwrap()));
    // Both have half of the places now.
    assert!(is_busy(push(&backlog, "shop", in_a_minute())));
    assert!(is_busy(push(&backlog, "flood", in_a_minute())));
    assert_eq!(backlog.depth(), 4);

    assert_eq!(refused(&metrics, "displaced"), 2.0);
    assert_eq!(refused(&metrics, "queue_full"), 3.0);
    let served: Vec<_> = (0..4).map(|_| whose(&work_off(&backlog))).collect();
    assert_eq!(served, ["flood", "shop", "flood", "shop"]);
}

#[test]
fn a_job_is_refused_when_what_stands_before_it_and_its_own_hash_outlast_the_deadline() {
    let backlog = backlog(100, 2, Duration::from_secs(1));
    let _places: Vec<_> = (0..6)
        .map(|_| push(&backlog, "shop", in_a_minute()).unwrap())
        .collect();

    // Six hashes on two threads take 3 s, its own one 1 s more, and as long as the wait is for the unforeseen.
    let refused = push(
        &backlog,
        "shop",
        Instant::now() + Duration::from_millis(6900),
    )
    .err();
    let retry_after = Duration::from_secs(2);
    assert_eq!(refused, Some(HashError::Busy { retry_after }));
    assert!(
        push(
            &backlog,
            "shop",
            Instant::now() + Duration::from_millis(7100)
        )
        .is_ok()
    );
}

#[test]
fn running_hashes_stand_before_everybody() {
    let backlog = backlog(100, 1, Duration::from_secs(2));
    let _running = push(&backlog, "shop", in_a_minute()).unwrap();
    backlog.next().unwrap();

    let in_three_seconds = Instant::now() + Duration::from_secs(3);
    assert!(is_busy(push(&backlog, "game", in_three_seconds)));
}

#[test]
fn a_deadline_that_has_passed_is_refused_even_when_nothing_is_to_do() {
    let backlog = backlog(8, 1, Duration::ZERO);
    assert!(is_busy(push(&backlog, "shop", Instant::now())));
}

#[test]
fn the_estimate_follows_what_hashing_really_takes() {
    let backlog = backlog(100, 1, Duration::from_millis(1));
    let soon = || Instant::now() + Duration::from_millis(500);
    let _first = push(&backlog, "shop", soon()).unwrap();
    backlog.next().unwrap();

    for _ in 0..50 {
        backlog.finished(COST, Duration::from_secs(1));
    }

    let _patient = push(&backlog, "shop", in_a_minute()).unwrap();
    assert!(is_busy(push(&backlog, "shop", soon())));
}

#[test]
fn an_idle_pool_takes_work_however_long_a_stall_made_hashing_look() {
    let backlog = backlog(100, 1, Duration::from_secs(3600));
    let deadline = || Instant::now() + Duration::from_secs(30);
    for _ in 0..12 {
        let _next = push(&backlog, "shop", deadline()).unwrap();
        work_off(&backlog);
    }
    // The stall is forgotten: two at a time are taken again.
    let _first = push(&backlog, "shop", deadline()).unwrap();
    let _second = push(&backlog, "shop", deadline()).unwrap();
}

#[test]
fn a_caller_that_goes_away_gives_its_place_up_at_once() {
    let metrics = Metrics::new().unwrap();
    let backlog = backlog_with(2, 1, Duration::from_millis(1), &metrics);
    let waiting = || {
        sample(&metrics, "signup_hash_queue", "", |one| {
            one.get_gauge().get_value()
        })
    };
    let gone = push(&backlog, "shop", in_a_minute()).unwrap();
    let also_gone = push(&backlog, "game", in_a_minute()).unwrap();
    assert!(is_busy(push(&backlog, "shop", in_a_minute())));
    assert_eq!(waiting(), 2.0);
    drop((gone, also_gone));
    assert_eq!((backlog.depth(), waiting()), (0, 0.0));

    let _stays = push(&backlog, "shop", in_a_minute()).unwrap();
    assert_eq!(waiting(), 1.0);
    work_off(&backlog);
    assert_eq!(waiting(), 0.0);
}

#[tokio::test]
async fn a_job_whose_deadline_passed_in_the_queue_is_told_so_and_not_hashed() {
    let metrics = Metrics::new().unwrap();
    let backlog = backlog_with(8, 1, Duration::ZERO, &metrics);
    let deadline = Instant::now() + Duration::from_millis(200);
    let late = push(&backlog, "shop", deadline).unwrap();
    let _timely = push(&backlog, "shop", in_a_minute()).unwrap();
    while Instant::now() < deadline {
        std::hint::spin_loop();
    }

    assert!(backlog.next().unwrap().deadline > deadline);
    assert!(told_busy(late));
    assert_eq!(refused(&metrics, "expired"), 1.0);
}

#[tokio::test]
async fn waiting_and_hashing_are_measured() {
    let metrics = Metrics::new().unwrap();
    let settings = HashSettings {
        cost: COST,
        threads: 1,
        queue: 8,
        nice: 0,
        allow_test_cost: true,
    };
    let pool = HashPool::new(&settings, &metrics).unwrap();
    for cost in [COST, COST, COST + 1] {
        let hash = pool.hash("shop", password("x"), cost, in_a_minute()).await;
        assert!(hash.is_ok());
    }

    let count = |name, label| {
        sample(&metrics, name, label, |one| {
            one.get_histogram().get_sample_count() as f64
        })
    };
    assert_eq!(count("signup_hash_wait_seconds", ""), 3.0);
    assert_eq!(count("signup_hash_seconds", "4"), 2.0);
    assert_eq!(count("signup_hash_seconds", "5"), 1.0);
    for reason in ["deadline", "queue_full", "displaced", "expired"] {
        assert_eq!(refused(&metrics, reason), 0.0, "{reason}");
    }
}

#[tokio::test]
async fn a_stopped_pool_tells_those_who_wait() {
    let backlog = backlog(8, 1, Duration::ZERO);
    let waiting = push(&backlog, "shop", in_a_minute()).unwrap();

    backlog.close();

    assert_eq!(waiting.hashed().await, Err(HashError::Stopped));
    assert!(backlog.next().is_none());
    let late = push(&backlog, "shop", in_a_minute()).err();
    assert_eq!(late, Some(HashError::Stopped));
}
