use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use signup_bus::rabbitmq::{RabbitBus, lane_queue};
use signup_bus::{Bus as _, PublishError};
use signup_store::Lane;
use signup_testkit::{TestBroker, eventually};

use super::{LIMIT, Worker, event, event_with_key, options, publish, until_length};

#[tokio::test]
async fn an_unroutable_event_is_reported_and_its_neighbours_are_published() {
    let broker = TestBroker::create();
    let bus = RabbitBus::new(options(broker.url()));
    let events: Vec<_> = (0..60)
        .map(|n| {
            event_with_key(if n % 3 == 1 {
                "nobody.listens.here"
            } else {
                "user.created.acme"
            })
        })
        .collect();

    let results = bus.publish(&events).await;

    for (event, result) in events.iter().zip(&results) {
        match event.routing_key.as_str() {
            "user.created.acme" => assert_eq!(result, &Ok(())),
            key => assert_eq!(result, &Err(PublishError::Unroutable(key.into()))),
        }
    }
    until_length(&broker, "signup.notify.users", 40).await;
}

#[tokio::test]
async fn a_full_queue_refuses_and_keeps_what_it_has() {
    let broker = TestBroker::create();
    let bus = RabbitBus::new(options(broker.url()));
    assert_eq!(bus.publish(&[event()]).await, [Ok(())]);
    let policy = json!({
        "pattern": "^signup\\.notify\\.users$",
        "definition": {"max-length": 1},
        "apply-to": "queues",
    });
    broker.manage(
        Method::PUT,
        &["policies", broker.vhost(), "full"],
        Some(policy),
    );

    eventually(LIMIT, || async {
        match &bus.publish(&[event()]).await[..] {
            [Err(PublishError::Refused(_))] => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}

#[tokio::test]
async fn a_batch_keeps_its_order() {
    let broker = TestBroker::create();
    let events: Vec<_> = (0..500).map(|_| event()).collect();
    publish(broker.url(), &events).await;

    let mut worker = Worker::start(broker.url(), 50, 1);
    for event in &events {
        let delivery = worker.next().await;
        assert_eq!(&delivery.event, event);
        delivery.ack();
    }
    worker.stop().await;
}

#[tokio::test]
async fn batches_side_by_side_do_not_mix_their_results() {
    let broker = TestBroker::create();
    let bus = RabbitBus::new(options(broker.url()));
    let lost: Vec<_> = (0..50).map(|_| event_with_key("nobody.here")).collect();
    let kept: Vec<_> = (0..50).map(|_| event()).collect();
    for _ in 0..10 {
        let (lost, kept) = tokio::join!(bus.publish(&lost), bus.publish(&kept));
        assert!(lost.iter().all(Result::is_err), "{lost:?}");
        assert!(kept.iter().all(Result::is_ok), "{kept:?}");
    }
    until_length(&broker, "signup.notify.users", 500).await;
}

#[tokio::test]
async fn an_independent_client_sees_the_event_and_its_properties() {
    let broker = TestBroker::create();
    let event = event();
    publish(broker.url(), std::slice::from_ref(&event)).await;

    let queue = lane_queue(Lane::Others);
    let get = json!({"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto"});
    let path = ["queues", broker.vhost(), queue, "get"];
    let message = broker.manage(Method::POST, &path, Some(get)).unwrap()[0].take();

    assert_eq!(message["exchange"], "signup.events");
    assert_eq!(message["routing_key"], "user.created.acme");
    assert_eq!(message["payload"], event.envelope.as_str());
    let properties = &message["properties"];
    assert_eq!(properties["message_id"], event.id.as_str());
    assert_eq!(properties["type"], event.event_type.as_str());
    assert_eq!(properties["content_type"], "application/cloudevents+json");
    assert_eq!(properties["delivery_mode"], 2);
    assert_eq!(properties["app_id"], "bus-test");
    assert!(properties["timestamp"].as_u64().unwrap() > 1_700_000_000);
}

#[tokio::test]
async fn one_queue_can_be_given_events_again() {
    let broker = TestBroker::create();
    let bus = RabbitBus::new(options(broker.url()));
    let event = event();

    let results = bus
        .publish_to_queue("signup.notify.users", std::slice::from_ref(&event))
        .await;
    assert_eq!(results, [Ok(())]);
    let results = bus
        .publish_to_queue("no.such.queue", std::slice::from_ref(&event))
        .await;
    assert_eq!(
        results,
        [Err(PublishError::Unroutable("no.such.queue".into()))]
    );

    let mut worker = Worker::start(broker.url(), 1, 1);
    let delivery = worker.next().await;
    assert_eq!(delivery.event, event, "with its own routing key");
    delivery.ack();
    worker.stop().await;
}

#[tokio::test]
async fn an_event_that_amqp_has_no_room_for_is_refused_alone() {
    let broker = TestBroker::create();
    let bus = RabbitBus::new(options(broker.url()));
    let events = [event(), event_with_key(&"k".repeat(300)), event()];
    let results = bus.publish(&events).await;
    assert_eq!((&results[0], &results[2]), (&Ok(()), &Ok(())));
    assert!(
        matches!(&results[1], Err(PublishError::Refused(reason)) if reason.contains("255")),
        "{results:?}"
    );
}

#[tokio::test]
async fn the_management_page_shows_who_is_connected() {
    let broker = TestBroker::create();
    let bus = RabbitBus::new(options(broker.url()));
    bus.publish(&[event()]).await[0].clone().unwrap();

    let path = ["vhosts", broker.vhost(), "connections"];
    let pid = std::process::id().to_string();
    eventually(Duration::from_secs(20), || async {
        let connections = broker.manage(Method::GET, &path, None).unwrap();
        let name = connections[0]["client_properties"]["connection_name"]
            .as_str()
            .unwrap_or_default();
        if name.starts_with("bus-test@") && name.contains(&pid) && name.ends_with("publisher") {
            Ok(())
        } else {
            Err(connections.to_string())
        }
    })
    .await;
    bus.close().await;
}
