use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use reqwest::Method;
use signup_bus::rabbitmq::RabbitBus;
use signup_bus::{Bus as _, Outcome, PublishError};
use signup_testkit::{PrivateBroker, TcpProxy, TestBroker, eventually};

use super::{LIMIT, Worker, event, options, publish, until_length};

/// Publishes until the broker is back.
async fn publish_in_the_end(bus: &RabbitBus) -> String {
    let event = event();
    eventually(LIMIT, || async {
        match bus.publish(std::slice::from_ref(&event)).await.remove(0) {
            Ok(()) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    })
    .await;
    event.id
}

/// Takes and acknowledges messages until this one came.
async fn take_until(worker: &mut Worker, id: &str) {
    loop {
        let delivery = worker.next().await;
        let found = delivery.event.id == id;
        delivery.ack();
        if found {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_of_the_broker_the_same_bus_and_consumer_go_on() {
    let mut broker = tokio::task::spawn_blocking(PrivateBroker::start)
        .await
        .unwrap();
    let bus = RabbitBus::new(options(broker.url()));
    let mut worker = Worker::start(broker.url(), 10, 5);
    // RabbitMQ 3.10 writes down half a second later which log belongs to which queue. A crash before that ruins the queue,
    // whoever uses it, so this one works for a while first.
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(2) {
        let id = publish_in_the_end(&bus).await;
        take_until(&mut worker, &id).await;
    }
    let kept = publish_in_the_end(&bus).await;
    let in_hand = worker.next().await;
    assert_eq!(in_hand.event.id, kept);

    broker.kill();
    let begin = Instant::now();
    let results = bus.publish(&[event(), event()]).await;
    assert!(
        results
            .iter()
            .all(|result| matches!(result, Err(PublishError::Unavailable(_)))),
        "{results:?}"
    );
    assert!(
        begin.elapsed() < Duration::from_secs(8),
        "{:?}",
        begin.elapsed()
    );
    // Settled into nothing: the broker that delivered it is gone.
    in_hand.ack();
    let broker = tokio::task::spawn_blocking(move || {
        broker.restart();
        broker
    })
    .await
    .unwrap();

    // What was not acknowledged in time comes again; so may others, whose acknowledgements died with the broker.
    take_until(&mut worker, &kept).await;
    let id = publish_in_the_end(&bus).await;
    take_until(&mut worker, &id).await;
    assert_eq!(bus.reconnects(), 1);
    assert_eq!(worker.totals.losses.load(Ordering::Relaxed), 1);
    worker.stop().await;
    bus.close().await;
    drop(broker);
}

#[tokio::test]
async fn a_lost_connection_is_unavailable_and_then_replaced() {
    let broker = TestBroker::create();
    let (proxy, url) = TcpProxy::start_for(broker.url());
    let bus = RabbitBus::new(options(&url));
    publish_in_the_end(&bus).await;

    proxy.cut();
    let begin = Instant::now();
    for _ in 0..5 {
        let results = bus.publish(&[event()]).await;
        assert!(
            matches!(&results[..], [Err(PublishError::Unavailable(_))]),
            "{results:?}"
        );
    }
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );
    proxy.restore();

    publish_in_the_end(&bus).await;
    assert_eq!(bus.reconnects(), 1);
}

#[tokio::test]
async fn a_half_open_peer_does_not_hang_a_publisher() {
    let broker = TestBroker::create();
    let (proxy, url) = TcpProxy::start_for(broker.url());
    let bus = RabbitBus::new(options(&url));
    publish_in_the_end(&bus).await;

    proxy.freeze();
    let begin = Instant::now();
    for _ in 0..2 {
        let results = bus.publish(&[event()]).await;
        assert!(
            matches!(&results[..], [Err(PublishError::Unavailable(_))]),
            "{results:?}"
        );
    }
    assert!(
        begin.elapsed() < Duration::from_secs(25),
        "{:?}",
        begin.elapsed()
    );

    proxy.restore();
    publish_in_the_end(&bus).await;
}

#[tokio::test]
async fn a_consumer_finds_out_by_itself_that_its_peer_is_half_open() {
    let broker = TestBroker::create();
    let (proxy, url) = TcpProxy::start_for(broker.url());
    // A heartbeat of a second, for the sake of a short test.
    let mut worker = Worker::start(&format!("{url}?heartbeat=1"), 10, 5);
    publish(broker.url(), &[event()]).await;
    worker.next().await.ack();

    proxy.freeze();
    let totals = Arc::clone(&worker.totals);
    eventually(LIMIT, || async {
        match totals.losses.load(Ordering::Relaxed) {
            0 => Err("it believes in its connection"),
            _ => Ok(()),
        }
    })
    .await;
    proxy.restore();

    let next = event();
    publish(broker.url(), std::slice::from_ref(&next)).await;
    take_until(&mut worker, &next.id).await;
    worker.stop().await;
}

#[tokio::test]
async fn a_consumer_whose_connections_an_operator_closes_comes_back() {
    let broker = TestBroker::create();
    let mut worker = Worker::start(broker.url(), 1, 5);
    publish(broker.url(), &[event(), event()]).await;
    worker.next().await.settle(Outcome::Done);
    for round in 0..3 {
        let stale = worker.next().await;
        eventually(LIMIT, || async {
            broker.close_connections();
            match worker.totals.losses.load(Ordering::Relaxed) {
                losses if losses > round => Ok(()),
                losses => Err(format!("{losses} losses in round {round}")),
            }
        })
        .await;
        stale.settle(Outcome::Never("settled into nothing".into()));
    }
    let id = worker.next().await;
    id.ack();
    worker.stop().await;
    until_length(&broker, "signup.notify.users", 0).await;
    until_length(&broker, "signup.notify.dead", 0).await;
}

#[tokio::test]
async fn a_deleted_queue_is_declared_again() {
    let broker = TestBroker::create();
    let mut worker = Worker::start(broker.url(), 1, 5);
    publish(broker.url(), &[event()]).await;
    worker.next().await.ack();

    let path = ["queues", broker.vhost(), "signup.notify.users"];
    broker.manage(Method::DELETE, &path, None);
    eventually(LIMIT, || async {
        broker
            .queue_length("signup.notify.users")
            .ok_or("still no queue")
    })
    .await;
    let next = event();
    publish(broker.url(), std::slice::from_ref(&next)).await;
    take_until(&mut worker, &next.id).await;
    worker.stop().await;
}

#[tokio::test]
async fn a_retry_that_cannot_be_published_keeps_its_message() {
    let broker = TestBroker::create();
    publish(broker.url(), &[event()]).await;
    let mut worker = Worker::start(broker.url(), 1, 1);
    let delivery = worker.next().await;
    // The dead queue takes nothing: publishing to it is not allowed.
    let vhost = broker.vhost();
    let may = |write: &str| {
        let body = serde_json::json!({"configure": ".*", "write": write, "read": ".*"});
        broker.manage(Method::PUT, &["permissions", vhost, vhost], Some(body));
    };
    may("^nothing$");
    delivery.settle(Outcome::Later("no".into()));
    let path = ["queues", vhost, "signup.notify.users"];
    eventually(LIMIT, || async {
        let queue = broker.manage(Method::GET, &path, None).unwrap();
        match queue["messages_unacknowledged"].as_u64() {
            Some(1) => Ok(()),
            other => Err(format!("{other:?} in hand")),
        }
    })
    .await;
    until_length(&broker, "signup.notify.dead", 0).await;

    may(".*");
    until_length(&broker, "signup.notify.dead", 1).await;
    worker.stop().await;
    until_length(&broker, "signup.notify.users", 0).await;
}
