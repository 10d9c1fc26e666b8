#![allow(clippy::unwrap_used)]

use super::FairQueue;

/// Jobs named after their application and a number, each with the same work.
fn add(queue: &mut FairQueue<String>, application: &str, count: usize, work: u64) {
    for number in 0..count {
        queue.push(application, work, format!("{application}{number}"));
    }
}

fn take(queue: &mut FairQueue<String>, count: usize) -> Vec<String> {
    (0..count).map_while(|_| queue.pop()).collect()
}

fn count(taken: &[String], application: &str) -> usize {
    taken
        .iter()
        .filter(|job| job.starts_with(application))
        .count()
}

#[test]
fn one_application_is_served_in_the_order_of_arrival() {
    let mut queue = FairQueue::new();
    add(&mut queue, "a", 5, 10);
    assert_eq!(take(&mut queue, 9), ["a0", "a1", "a2", "a3", "a4"]);
    assert_eq!((queue.len(), queue.work()), (0, 0));
}

#[test]
fn a_single_job_does_not_wait_for_the_flood_of_another_application() {
    let mut queue = FairQueue::new();
    add(&mut queue, "flood", 1000, 10);
    take(&mut queue, 300);
    add(&mut queue, "single", 1, 10);
    assert!(take(&mut queue, 2).contains(&"single0".to_owned()));
}

#[test]
fn equal_jobs_of_many_applications_take_turns() {
    let mut queue = FairQueue::new();
    for application in ["a", "b", "c"] {
        add(&mut queue, application, 3, 10);
    }
    assert_eq!(
        take(&mut queue, 9),
        ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]
    );
}

#[test]
fn turns_are_counted_in_work_and_not_in_jobs() {
    let mut queue = FairQueue::new();
    add(&mut queue, "dear", 100, 80);
    add(&mut queue, "cheap", 1000, 10);
    let taken = take(&mut queue, 180);
    assert_eq!(
        (count(&taken, "dear"), count(&taken, "cheap")),
        (20, 160),
        "each 1600 units"
    );
}

#[test]
fn who_has_one_job_at_a_time_gets_no_more_work_done_than_its_share() {
    let mut queue = FairQueue::new();
    add(&mut queue, "cheap", 1000, 10);
    add(&mut queue, "dear", 1, 80);
    let mut dear = 0;
    for _ in 0..90 {
        // It comes back as soon as it was served, when nothing of it waits.
        if count(&take(&mut queue, 1), "dear") == 1 {
            dear += 1;
            add(&mut queue, "dear", 1, 80);
        }
    }
    assert_eq!(dear, 10, "beside 80 cheap ones");
}

#[test]
fn an_idle_application_saves_nothing_up() {
    let mut queue = FairQueue::new();
    add(&mut queue, "busy", 100, 10);
    take(&mut queue, 90);
    add(&mut queue, "late", 100, 10);
    let taken = take(&mut queue, 20);
    assert_eq!(
        count(&taken, "busy"),
        10,
        "its last ten are not kept waiting"
    );
}

#[test]
fn a_withdrawn_job_costs_its_application_nothing() {
    let mut queue = FairQueue::new();
    let dear: Vec<_> = (0..3)
        .map(|_| queue.push("a", 1000, "a".to_owned()))
        .collect();
    add(&mut queue, "a", 1, 10);
    add(&mut queue, "b", 3, 10);
    for ticket in &dear {
        assert!(queue.withdraw(ticket).is_some());
        assert!(queue.withdraw(ticket).is_none());
    }
    assert_eq!((queue.len(), queue.work()), (4, 40));
    assert!(take(&mut queue, 2).contains(&"a0".to_owned()));
}

#[test]
fn no_entry_outlives_its_jobs() {
    let mut queue = FairQueue::new();
    for number in 0..100 {
        let ticket = queue.push(&format!("withdrawn{number}"), 10, number);
        queue.push(&format!("served{number}"), 10, number);
        queue.withdraw(&ticket);
    }
    while queue.pop().is_some() {}
    assert!(queue.queues.is_empty() && queue.turns.is_empty());
}

#[test]
fn the_newest_job_of_whoever_has_most_makes_room() {
    let mut queue = FairQueue::new();
    add(&mut queue, "most", 6, 10);
    add(&mut queue, "some", 2, 10);
    // Eight places among three are two for each.
    for expected in ["most5", "most4"] {
        let (whose, displaced) = queue.displace_for("new").unwrap();
        assert_eq!((&*whose, displaced.as_str()), ("most", expected));
        add(&mut queue, "new", 1, 10);
    }
    assert!(queue.displace_for("new").is_none());
    assert!(queue.displace_for("some").is_none());
    assert!(queue.displace_for("most").is_none());
    assert_eq!(queue.len(), 8);
}

#[test]
fn nobody_loses_the_only_place_of_its_own() {
    let mut queue = FairQueue::new();
    for application in ["a", "b", "c"] {
        add(&mut queue, application, 1, 10);
    }
    assert!(queue.displace_for("d").is_none());
}

#[test]
fn what_comes_before_a_job_is_its_own_work_and_what_others_can_take_in_between() {
    let mut queue = FairQueue::new();
    assert_eq!(queue.work_before("a", 10), 0);
    add(&mut queue, "a", 100, 10);
    // Its own backlog stands before the flood's next job, and one turn before that of anybody else.
    assert_eq!(queue.work_before("a", 10), 1000);
    assert_eq!(queue.work_before("b", 10), 10);
    assert_eq!(queue.work_before("b", 80), 80);
    // What others have is the limit, and all of them count.
    assert_eq!(queue.work_before("b", 5000), 1000);
    add(&mut queue, "b", 3, 10);
    assert_eq!(queue.work_before("b", 10), 30 + 40);
    assert_eq!(queue.work_before("a", 10), 1000 + 30);
    assert_eq!(queue.work_before("c", 20), 20 + 20);
}

#[test]
fn the_work_foreseen_is_the_work_done() {
    let mut queue = FairQueue::new();
    // Any mixture will do; this one is the same every time.
    let mut state = 42_u64;
    let mut draw = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    for _ in 0..300 {
        for _ in 0..draw(40) {
            let work = 1 << (4 + draw(6));
            queue.push(&draw(5).to_string(), work, (false, work));
        }
        for _ in 0..draw(30) {
            queue.pop();
        }
        let work = 1 << (4 + draw(6));
        let application = draw(6).to_string();
        let foreseen = queue.work_before(&application, work);
        queue.push(&application, work, (true, work));
        let mut done = 0;
        while let Some((probe, work)) = queue.pop() {
            if probe {
                break;
            }
            done += work;
        }
        assert!(done <= foreseen, "{done} of {foreseen}");
        // A turn that has begun is not halved: per application the estimate may be one dearest job too careful.
        assert!(foreseen <= done + 5 * 512, "{done} of {foreseen}");
    }
}
