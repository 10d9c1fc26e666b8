//! The broker is away for a while, and nobody has to be restarted.

use std::time::{Duration, Instant};

use signup_testkit::{PrivateBroker, TcpProxy, TestBroker, eventually};

use crate::stage::{PATIENCE, Stage, until_length, value_of};

#[tokio::test(flavor = "multi_thread")]
async fn without_the_broker_requests_are_answered_and_their_events_wait() {
    let broker = TestBroker::create();
    broker.bind("crm", "#");
    let (proxy, url) = TcpProxy::start_for(broker.url());
    let stage = Stage::with(&[("bus.url", &url)]).await;
    let _worker = stage.worker().await;
    stage.ask("before@example.com").await;
    stage.mail_to("before@example.com").await;
    stage.service.drained().await;

    proxy.cut();
    let addresses: Vec<_> = (0..5).map(|n| format!("ann{n}@example.com")).collect();
    for (number, address) in addresses.iter().enumerate() {
        stage.ask(address).await;
        stage.sign_up_as(&format!("ann_{number}")).await;
    }
    let ready = stage.service.url("/health/ready");
    let ready = stage.service.http.get(ready).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    eventually(PATIENCE, || async {
        let metrics = stage.service.metrics().await;
        let shown = |name| value_of(&metrics, name);
        let is_visible = shown("signup_outbox_backlog") == 10.0
            && shown("signup_outbox_oldest_seconds") >= 1.0
            && shown(r#"signup_events_unpublished_total{reason="unavailable"}"#) >= 1.0;
        is_visible.then_some(()).ok_or(metrics)
    })
    .await;
    assert_eq!(stage.mail.messages().len(), 1);

    proxy.restore();
    stage.service.drained().await;
    stage.until_recorded("delivered", 6).await;
    for address in &addresses {
        assert_eq!(stage.count_to(address), 1);
    }
    // Nothing is lost, nothing comes twice.
    until_length(&broker, "crm", 11).await;
    assert_eq!(
        value_of(
            &stage.service.metrics().await,
            "signup_events_published_total"
        ),
        11.0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_of_the_broker_service_and_worker_go_on() {
    let mut broker = tokio::task::spawn_blocking(PrivateBroker::start)
        .await
        .unwrap();
    let stage = Stage::with(&[("bus.url", broker.url())]).await;
    let _worker = stage.worker().await;
    // A queue that is younger than some seconds does not survive a crash of RabbitMQ 3.10, whoever uses it.
    let (begin, mut asked) = (Instant::now(), 0);
    while begin.elapsed() < Duration::from_secs(4) {
        let address = format!("ann{asked}@example.com");
        stage.ask(&address).await;
        stage.mail_to(&address).await;
        asked += 1;
    }
    stage.until_recorded("delivered", asked).await;

    broker.kill();
    stage.ask("meanwhile@example.com").await;
    stage.sign_up_as("ann").await;
    let broker = tokio::task::spawn_blocking(move || {
        broker.restart();
        broker
    })
    .await
    .unwrap();

    stage.mail_to("meanwhile@example.com").await;
    stage.ask("afterwards@example.com").await;
    stage.mail_to("afterwards@example.com").await;
    let records = stage.until_recorded("delivered", asked + 2).await;
    assert!(records.iter().all(|record| record.attempts == 1));
    assert_eq!(stage.mail.messages().len(), asked + 2);
    drop((stage, broker));
}
