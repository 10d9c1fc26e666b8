use lapin::options::{QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use reqwest::Method;
use serde_json::json;
use signup_bus::rabbitmq::{DeadLetters, RabbitBus};
use signup_bus::{Bus as _, PublishError};
use signup_testkit::{TestBroker, eventually};

use super::{LIMIT, event, options, until_length};

#[tokio::test]
async fn declaring_again_changes_nothing() {
    let broker = TestBroker::create();
    for _ in 0..3 {
        let bus = RabbitBus::new(options(broker.url()));
        assert_eq!(bus.publish(&[event()]).await, [Ok(())]);
        bus.close().await;
    }
    until_length(&broker, "signup.notify.users", 3).await;
}

#[tokio::test]
async fn processes_that_start_together_declare_together() {
    let broker = TestBroker::create();
    let starts = (0..5).map(|_| async {
        let bus = RabbitBus::new(options(broker.url()));
        let event = event();
        // A queue that another one declared a moment ago may have no leader yet, and refuses. Nothing else may happen.
        eventually(LIMIT, || async {
            match bus.publish(std::slice::from_ref(&event)).await.remove(0) {
                Err(PublishError::Refused(reason)) => Err(reason),
                other => Ok(other),
            }
        })
        .await
    });
    for result in futures_util::future::join_all(starts).await {
        assert_eq!(result, Ok(()));
    }
}

#[tokio::test]
async fn a_conflicting_declaration_names_the_object() {
    let broker = TestBroker::create();
    let connection = Connection::connect(broker.url(), ConnectionProperties::default())
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    let queue = "signup.notify.codes";
    channel
        .queue_declare(
            queue.into(),
            QueueDeclareOptions::durable(),
            FieldTable::default(),
        )
        .await
        .unwrap();

    let error = DeadLetters::open(options(broker.url()))
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("the queue signup.notify.codes"), "{error}");
    assert!(error.contains("PRECONDITION_FAILED"), "{error}");
    assert!(error.contains("delete it"), "{error}");

    let bus = RabbitBus::new(options(broker.url()));
    let results = bus.publish(&[event()]).await;
    assert!(
        matches!(&results[..], [Err(PublishError::Unavailable(reason))] if reason.contains(queue)),
        "{results:?}"
    );
}

#[tokio::test]
async fn a_missing_permission_names_the_object_and_the_command() {
    let broker = TestBroker::create();
    let vhost = broker.vhost();
    let none = json!({"configure": "^$", "write": ".*", "read": ".*"});
    broker.manage(Method::PUT, &["permissions", vhost, vhost], Some(none));

    let error = DeadLetters::open(options(broker.url()))
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("the queue signup.notify.dead"), "{error}");
    assert!(error.contains("set_permissions"), "{error}");
}

#[tokio::test]
async fn the_permissions_that_the_message_names_are_enough() {
    let broker = TestBroker::create();
    let vhost = broker.vhost();
    let named = json!({
        "configure": "^signup\\.",
        "write": "^(signup\\.|amq\\.default$)",
        "read": "^signup\\.",
    });
    broker.manage(Method::PUT, &["permissions", vhost, vhost], Some(named));
    let bus = RabbitBus::new(options(broker.url()));
    assert_eq!(bus.publish(&[event()]).await, [Ok(())]);
    let again = bus
        .publish_to_queue("signup.notify.users", &[event()])
        .await;
    assert_eq!(again, [Ok(())]);
}

#[tokio::test]
async fn a_team_binds_a_queue_of_its_own_without_a_change_here() {
    let broker = TestBroker::create();
    let bus = RabbitBus::new(options(broker.url()));
    bus.publish(&[event()]).await[0].clone().unwrap();
    let connection = Connection::connect(broker.url(), ConnectionProperties::default())
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel
        .queue_declare(
            "crm".into(),
            QueueDeclareOptions::durable(),
            FieldTable::default(),
        )
        .await
        .unwrap();
    channel
        .queue_bind(
            "crm".into(),
            "signup.events".into(),
            "user.created.acme".into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
        .unwrap();

    assert_eq!(bus.publish(&[event()]).await, [Ok(())]);
    until_length(&broker, "crm", 1).await;
    until_length(&broker, "signup.notify.users", 2).await;
}
