//! The worker is killed while it has a message in hand.

use std::time::Duration;

use signup_testkit::mail::{ANYBODY, Answer};
use signup_testkit::{TcpProxy, TestBroker};

use crate::stage::{CODES, DEAD, Stage, start_worker, until_length};

/// Longer than any attempt to send may take.
const LONG_AGO: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_worker_may_have_sent_is_unknown_and_not_sent_again() {
    let broker = TestBroker::create();
    let mut stage = Stage::start(&broker).await;
    stage
        .mail
        .answer(ANYBODY, &Answer::Delay(Duration::from_secs(60)));
    let worker = stage.worker().await;
    stage.ask("ann@example.com").await;
    // The server has it and has not said so.
    stage.mail_to("ann@example.com").await;
    worker.kill();
    assert_eq!(stage.deliveries()[0].state, "started");
    stage.mail.accept_all();

    let worker = stage.worker().await;
    stage.ask("bob@example.com").await;
    stage.mail_to("bob@example.com").await;
    stage.service.database().age_deliveries(LONG_AGO);

    let records = stage.until_recorded("unknown", 1).await;
    assert_eq!((records[0].attempts, &records[0].sender), (1, &None));
    worker.logged("delivery.unknown").await;
    assert_eq!(stage.count_to("ann@example.com"), 1);
    until_length(&broker, CODES, 0).await;
    until_length(&broker, DEAD, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_worker_could_not_send_is_sent_by_the_next_one_once() {
    let broker = TestBroker::create();
    let stage = Stage::start(&broker).await;
    let line = TcpProxy::start(&format!("127.0.0.1:{}", stage.mail.port()));
    line.cut();
    let mut environment = stage.environment();
    let port = line.address().port().to_string();
    environment.insert("SIGNUP__CHANNEL__MAIL__PORT".to_owned(), port);
    let worker = start_worker(&environment).await;
    stage.ask("ann@example.com").await;
    stage.until_recorded("failed", 1).await;
    worker.kill();
    line.restore();

    let _worker = start_worker(&environment).await;
    stage.mail_to("ann@example.com").await;
    let records = stage.until_recorded("delivered", 1).await;
    assert!(records[0].attempts >= 2, "{records:?}");
    assert_eq!(stage.count_to("ann@example.com"), 1);
    until_length(&broker, CODES, 0).await;
}
