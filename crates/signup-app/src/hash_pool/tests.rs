#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::{Duration, Instant};

use signup_core::password::Password;
use tokio::sync::oneshot;

use super::backlog::{Backlog, Job};
use signup_core::user::PasswordHash;

use super::{HashError, HashPool, verify};
use crate::settings::HashSettings;

const COST: u32 = 4;

fn pool(threads: usize, queue: usize) -> HashPool {
    HashPool::new(&HashSettings {
        cost: COST,
        threads,
        queue,
        allow_test_cost: true,
    })
    .unwrap()
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

fn in_a_minute() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

type Reply = oneshot::Receiver<Result<PasswordHash, HashError>>;

fn job(deadline: Instant) -> (Job, Reply) {
    let (reply, hashed) = oneshot::channel();
    let password = password("a password");
    let job = Job {
        password,
        cost: COST,
        deadline,
        reply,
    };
    (job, hashed)
}

/// A backlog that nobody works off, in which a hash of [`COST`] is known to take `time`.
fn backlog(capacity: usize, threads: usize, time: Duration) -> Backlog {
    Backlog::new(capacity, threads, time / (1 << COST))
}

#[tokio::test]
async fn a_hash_verifies_its_own_password_and_no_other() {
    let pool = pool(1, 8);
    let hash = pool
        .hash(password("a password"), COST, in_a_minute())
        .await
        .unwrap();

    assert!(hash.as_str().starts_with("$2b$04$"));
    assert!(verify(&password("a password"), &hash).unwrap());
    assert!(!verify(&password("a Password"), &hash).unwrap());
    assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
}

#[tokio::test]
async fn all_72_bytes_count() {
    let pool = pool(1, 8);
    let long = "é".repeat(35) + "xy";
    assert_eq!(long.len(), 72);

    let hash = pool
        .hash(password(&long), COST, in_a_minute())
        .await
        .unwrap();

    assert!(verify(&password(&long), &hash).unwrap());
    let other = "é".repeat(35) + "xz";
    assert!(!verify(&password(&other), &hash).unwrap());
}

#[tokio::test]
async fn a_cost_outside_the_permitted_range_is_refused() {
    let strict = HashPool::new(&HashSettings {
        cost: 12,
        threads: 1,
        queue: 8,
        allow_test_cost: false,
    })
    .unwrap();
    for cost in [9, 16, 31] {
        let refused = strict.hash(password("x"), cost, in_a_minute()).await;
        assert_eq!(refused, Err(HashError::CostNotPermitted { cost }));
    }
}

#[tokio::test]
async fn ten_times_too_many_are_refused_at_once_and_the_queue_stays_bounded() {
    let pool = pool(1, 10);
    let (mut accepted, mut refused) = (Vec::new(), 0);
    for _ in 0..100 {
        // Cost 10 takes tens of milliseconds: far longer than filling the queue.
        let mut attempt = Box::pin(pool.hash(password("x"), 10, in_a_minute()));
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

#[test]
fn a_job_is_refused_when_the_backlog_and_its_own_hash_outlast_the_deadline() {
    let backlog = backlog(100, 2, Duration::from_secs(1));
    let mut replies = Vec::new();
    for _ in 0..6 {
        let (job, reply) = job(in_a_minute());
        backlog.push(job).unwrap();
        replies.push(reply);
    }

    // Six hashes on two threads take 3 s, its own one 1 s more.
    let (too_early, _reply) = job(Instant::now() + Duration::from_secs(3));
    let retry_after = Duration::from_secs(2);
    assert_eq!(
        backlog.push(too_early),
        Err(HashError::Busy { retry_after })
    );
    let (patient, _reply) = job(Instant::now() + Duration::from_secs(10));
    assert_eq!(backlog.push(patient), Ok(()));
}

#[test]
fn the_estimate_follows_what_hashing_really_takes() {
    let backlog = backlog(100, 1, Duration::from_millis(1));
    let soon = || job(Instant::now() + Duration::from_millis(500));
    let (first, _reply) = soon();
    backlog.push(first).unwrap();
    backlog.next().unwrap();

    for _ in 0..50 {
        backlog.finished(COST, Duration::from_secs(1));
    }

    let (patient, _reply) = job(in_a_minute());
    backlog.push(patient).unwrap();
    let (late, _reply) = soon();
    assert!(matches!(backlog.push(late), Err(HashError::Busy { .. })));
}

#[test]
fn an_idle_pool_takes_work_however_long_a_stall_made_hashing_look() {
    let backlog = backlog(100, 1, Duration::from_secs(3600));
    for _ in 0..12 {
        let (next, _reply) = job(Instant::now() + Duration::from_secs(30));
        backlog.push(next).unwrap();
        backlog.next().unwrap();
        backlog.finished(COST, Duration::from_millis(1));
    }
    // The stall is forgotten: two at a time are taken again.
    for _ in 0..2 {
        let (next, _reply) = job(Instant::now() + Duration::from_secs(30));
        backlog.push(next).unwrap();
    }
}

#[test]
fn a_caller_that_went_away_is_skipped_and_takes_no_room() {
    let backlog = backlog(2, 1, Duration::from_millis(1));
    let (gone, reply) = job(in_a_minute());
    backlog.push(gone).unwrap();
    let (also_gone, second_reply) = job(in_a_minute());
    backlog.push(also_gone).unwrap();
    drop((reply, second_reply));

    let (waits, _reply) = job(in_a_minute());
    backlog.push(waits).unwrap();
    assert_eq!(backlog.depth(), 1);
    let (leaves, reply) = job(in_a_minute());
    backlog.push(leaves).unwrap();
    let (stays, _second_reply) = job(in_a_minute());
    drop(reply);

    assert!(!backlog.next().unwrap().reply.is_closed());
    backlog.push(stays).unwrap();
    assert!(!backlog.next().unwrap().reply.is_closed());
    assert_eq!(backlog.depth(), 0);
}

#[test]
fn a_job_whose_deadline_passed_in_the_queue_is_told_so_and_not_hashed() {
    let backlog = backlog(8, 1, Duration::ZERO);
    let (late, mut late_reply) = job(Instant::now() + Duration::from_millis(200));
    let deadline = late.deadline;
    backlog.push(late).unwrap();
    let (timely, _reply) = job(in_a_minute());
    backlog.push(timely).unwrap();
    while Instant::now() < deadline {
        std::hint::spin_loop();
    }

    assert!(backlog.next().unwrap().deadline > deadline);
    assert!(matches!(
        late_reply.try_recv(),
        Ok(Err(HashError::Busy { .. }))
    ));
}

#[tokio::test]
async fn a_stopped_pool_tells_those_who_wait() {
    let backlog = backlog(8, 1, Duration::ZERO);
    let (waiting, reply) = job(in_a_minute());
    backlog.push(waiting).unwrap();

    backlog.close();

    assert!(reply.await.is_err());
    assert!(backlog.next().is_none());
    let (late, _reply) = job(in_a_minute());
    assert_eq!(backlog.push(late), Err(HashError::Stopped));
}
