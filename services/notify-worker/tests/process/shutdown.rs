//! The worker is asked to stop.

use std::time::{Duration, Instant};

use signup_testkit::TestBroker;
use signup_testkit::mail::{ANYBODY, Answer};

use crate::stage::{CODES, Stage, until_length};

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_under_way_is_delivered_and_recorded_before_the_end() {
    let broker = TestBroker::create();
    let mut stage = Stage::start(&broker).await;
    stage
        .mail
        .answer(ANYBODY, &Answer::Delay(Duration::from_secs(3)));
    let worker = stage.worker().await;
    stage.ask("ann@example.com").await;
    stage.mail_to("ann@example.com").await;

    let begin = Instant::now();
    worker.terminate();
    assert_eq!(worker.ended().await, Some(0));

    // What http.shutdown_grace is set to.
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );
    let records = stage.deliveries();
    assert_eq!(records.len(), 1);
    assert_eq!(
        (records[0].state.as_str(), records[0].attempts),
        ("delivered", 1)
    );
    until_length(&broker, CODES, 0).await;

    stage.mail.accept_all();
    let _next = stage.worker().await;
    stage.ask("bob@example.com").await;
    stage.mail_to("bob@example.com").await;
    assert_eq!(stage.count_to("ann@example.com"), 1);
}
