use std::time::Duration;

use lapin::{Connection, ConnectionProperties};
use reqwest::Method;
use serde_json::json;
use signup_testkit::{PrivateBroker, TestBroker, eventually};

const PATIENCE: Duration = Duration::from_secs(20);

/// Makes a durable queue and puts one lasting message into it, through the management API.
fn fill(manage: impl Fn(Method, &[&str], serde_json::Value), vhost: &str) {
    // A classic queue: RabbitMQ 3.10 forgets a quorum queue's log when it crashes right after the declaration.
    let durable = json!({ "durable": true });
    manage(Method::PUT, &["queues", vhost, "letters"], durable);
    let message = json!({
        "properties": { "delivery_mode": 2 },
        "routing_key": "letters",
        "payload": "hello",
        "payload_encoding": "string",
    });
    let exchange = ["exchanges", vhost, "amq.default", "publish"];
    manage(Method::POST, &exchange, message);
}

async fn connect(url: &str) -> Connection {
    Connection::connect(url, ConnectionProperties::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_dropped_virtual_host_is_gone_although_a_connection_was_open() {
    let observer = TestBroker::create();
    let broker = TestBroker::create();
    let name = broker.vhost().to_owned();
    let left_open = connect(broker.url()).await;
    let exists = |what| observer.manage(Method::GET, &[what, &name], None).is_some();
    assert!(exists("vhosts") && exists("users"));

    drop(broker);

    assert!(!exists("vhosts") && !exists("users"));
    eventually(PATIENCE, || async {
        match left_open.status().connected() {
            false => Ok(()),
            true => Err("the connection is open"),
        }
    })
    .await;
}

#[tokio::test]
async fn a_user_reaches_no_virtual_host_but_its_own() {
    let (mine, other) = (TestBroker::create(), TestBroker::create());
    let foreign = mine.url().replace(&format!("/{}", mine.vhost()), "/");
    let foreign = format!("{foreign}{}", other.vhost());

    let refused = Connection::connect(&foreign, ConnectionProperties::default()).await;

    assert!(refused.is_err(), "{foreign}");
}

#[tokio::test]
async fn the_length_of_a_queue_counts_its_messages() {
    let broker = TestBroker::create();
    assert_eq!(broker.queue_length("letters"), None);

    fill(
        |method, path, body| drop(broker.manage(method, path, Some(body))),
        broker.vhost(),
    );

    assert_eq!(broker.queue_length("letters"), Some(1));
}

#[tokio::test]
async fn connections_are_closed_in_one_virtual_host_only() {
    let (mine, other) = (TestBroker::create(), TestBroker::create());
    let (closed, kept) = (connect(mine.url()).await, connect(other.url()).await);

    mine.close_connections();

    eventually(PATIENCE, || async {
        match closed.status().connected() {
            false => Ok(()),
            true => Err("the connection is open"),
        }
    })
    .await;
    assert!(kept.create_channel().await.is_ok());
}

#[tokio::test]
async fn a_killed_broker_comes_back_with_its_durable_queue() {
    let mut broker = PrivateBroker::start();
    let connection = connect(broker.url()).await;
    fill(
        |method, path, body| drop(broker.manage(method, path, Some(body))),
        "/",
    );

    broker.kill();

    assert!(
        Connection::connect(broker.url(), ConnectionProperties::default())
            .await
            .is_err()
    );
    drop(connection);

    broker.restart();

    eventually(PATIENCE, || async {
        match broker.queue_length("letters") {
            Some(1) => Ok(()),
            other => Err(format!("{other:?} messages")),
        }
    })
    .await;
}

#[test]
fn a_stopped_broker_starts_again() {
    let mut broker = PrivateBroker::start();
    broker.stop();

    broker.restart();

    assert!(broker.manage(Method::GET, &["whoami"], None).is_some());
}
