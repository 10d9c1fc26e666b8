use std::time::Duration;

use lapin::{Connection, ConnectionProperties};
use reqwest::Method;
use serde_json::json;
use signup_testkit::{PrivateBroker, TestBroker, eventually};

const PATIENCE: Duration = Duration::from_secs(20);

/// Makes a durable queue and puts one lasting message into it, through the management API.
fn fill(manage: impl Fn(Method, &[&str], serde_json::Value), vhost: &str) {
    let quorum = json!({ "durable": true, "arguments": { "x-queue-type": "quorum" } });
    // The one declared last may be lost when the node ends soon; see PrivateBroker::kill.
    for name in ["letters", "last"] {
        manage(Method::PUT, &["queues", vhost, name], quorum.clone());
    }
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
async fn a_stopped_and_a_killed_broker_come_back_with_their_durable_queue() {
    let mut broker = PrivateBroker::start();
    fill(
        |method, path, body| drop(broker.manage(method, path, Some(body))),
        "/",
    );

    broker.stop();
    broker.restart();
    keeps_its_message(&broker).await;

    let connection = connect(broker.url()).await;
    broker.kill();

    assert!(
        Connection::connect(broker.url(), ConnectionProperties::default())
            .await
            .is_err()
    );
    drop(connection);

    broker.restart();
    keeps_its_message(&broker).await;
}

async fn keeps_its_message(broker: &PrivateBroker) {
    eventually(PATIENCE, || async {
        match broker.queue_length("letters") {
            Some(1) => Ok(()),
            other => Err(format!("{other:?} messages; {}", broker.log())),
        }
    })
    .await;
}
