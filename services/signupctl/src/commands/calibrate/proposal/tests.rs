use std::time::Duration;

use super::{Proposal, rows};

const MS: fn(u64) -> Duration = Duration::from_millis;

/// A machine where cost 10 takes so long, with two threads at work a quarter longer.
fn proposal(cost_10: u64, target: u64) -> Proposal {
    let measured: Vec<_> = (10..=12)
        .zip([1, 2, 4])
        .map(|(cost, factor)| (cost, MS(cost_10 * factor), MS(cost_10 * factor * 5 / 4)))
        .collect();
    Proposal {
        rows: rows(&measured, 2, &(10..=15)),
        target: MS(target),
        threads: 2,
        cores: 2,
        configured_cost: 12,
        queue: 256,
        request_deadline: MS(4000),
    }
}

#[test]
fn dear_costs_are_computed_from_the_last_that_was_measured() {
    let rows = proposal(40, 250).rows;
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.cost, row.alone, row.busy, row.measured))
        .collect();
    assert_eq!(
        found,
        [
            (10, MS(40), MS(50), true),
            (11, MS(80), MS(100), true),
            (12, MS(160), MS(200), true),
            (13, MS(320), MS(400), false),
            (14, MS(640), MS(800), false),
            (15, MS(1280), MS(1600), false),
        ]
    );
    assert!((rows[0].per_second - 40.0).abs() < 0.01);
    assert!((rows[5].per_second - 1.25).abs() < 0.01);
}

#[test]
fn the_dearest_cost_that_keeps_to_the_target_with_all_threads_at_work_is_proposed() {
    for (target, cost) in [(50, 10), (199, 11), (200, 12), (399, 12), (9999, 15)] {
        let proposal = proposal(40, target);
        assert_eq!(proposal.proposed().cost, cost, "{target} ms");
        assert!(proposal.is_within_target());
    }
    let told = proposal(40, 9999).advice().join("\n");
    assert!(
        told.contains("Cost 15 is the highest permitted one."),
        "{told}"
    );
    assert!(told.contains("SIGNUP__HASH__COST=15"), "{told}");
    let told = proposal(40, 250).advice().join("\n");
    assert!(told.contains("hash.cost is 12 already."), "{told}");
}

#[test]
fn a_machine_that_is_too_slow_gets_the_lowest_cost_and_is_told_so() {
    let proposal = proposal(400, 250);
    assert_eq!(proposal.proposed().cost, 10);
    assert!(!proposal.is_within_target());
    let told = proposal.advice().join("\n");
    assert!(
        told.contains("lowest permitted cost, 10, takes 500 ms"),
        "{told}"
    );
}

#[test]
fn what_the_deadline_leaves_is_told() {
    let told = |cost_10, target| proposal(cost_10, target).advice().pop().unwrap_or_default();
    // 3 s for hashing: 200 ms for itself, and of the rest four fifths, 11.2 times that, for two threads.
    assert!(told(40, 250).contains("22 sign-ups can wait"));
    assert!(!told(40, 250).contains("a large part"));
    assert!(told(40, 800).contains("a large part of the deadline"));
    assert!(told(4000, 250).contains("no sign-up with a password succeeds"));
    assert!(told(1, 1).contains("hash.queue stops at 256"));
}

#[test]
fn a_machine_that_was_busy_with_something_else_is_to_be_measured_again() {
    let busy = |proposal: &Proposal| proposal.advice()[0].contains("Measure again");
    let mut proposal = proposal(40, 250);
    assert!(!busy(&proposal));
    proposal.rows[1].alone = MS(45);
    assert!(busy(&proposal));
}

#[test]
fn more_threads_than_cores_are_told_to_be_of_no_use() {
    let told = |proposal: &Proposal| {
        proposal
            .advice()
            .join("\n")
            .contains("2 threads share 1 core:")
    };
    let mut proposal = proposal(40, 250);
    assert!(!told(&proposal));
    proposal.cores = 1;
    assert!(told(&proposal));
}
