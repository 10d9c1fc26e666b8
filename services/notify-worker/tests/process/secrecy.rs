//! What must never be in a worker's log or in its records, however much is logged and whatever fails, and what must be.

use serde_json::Value;
use signup_testkit::{TcpProxy, TestBroker};

use crate::stage::{Stage, code_in, start_worker};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const ADDRESSES: [&str; 3] = [
    "quentin.tarantella@example.com",
    "wanda.wonderful@example.com",
    "zacharias.zimmermann@example.com",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_log_of_a_worker_at_any_level_holds_a_code_or_a_whole_address() {
    let broker = TestBroker::create();
    let (broker_line, broker_url) = TcpProxy::start_for(broker.url());
    let stage = Stage::start(&broker).await;
    let mail_line = TcpProxy::start(&format!("127.0.0.1:{}", stage.mail.port()));
    let (database_line, database_url) = TcpProxy::start_for(stage.service.database().url());
    let mut environment = stage.environment();
    for (key, value) in [
        ("SIGNUP__LOG__LEVEL", "trace".to_owned()),
        ("SIGNUP__BUS__URL", broker_url.clone()),
        ("SIGNUP__DATABASE__URL", database_url),
        (
            "SIGNUP__CHANNEL__MAIL__PORT",
            mail_line.address().port().to_string(),
        ),
    ] {
        environment.insert(key.to_owned(), value);
    }
    let worker = start_worker(&environment).await;

    // Everything works; then mail server, database and broker go away, one after the other, with a code to send.
    let [first, second, third] = ADDRESSES;
    stage.ask(first).await;
    let mut codes = vec![code_in(&stage.mail_to(first).await)];
    mail_line.cut();
    stage.ask(second).await;
    worker.logged("delivery.attempted").await;
    stage.until_recorded("failed", 1).await;
    database_line.cut();
    mail_line.restore();
    database_line.restore();
    codes.push(code_in(&stage.mail_to(second).await));
    broker_line.cut();
    worker.logged("consumer.lost").await;
    broker_line.restore();
    stage.ask(third).await;
    codes.push(code_in(&stage.mail_to(third).await));
    stage.until_recorded("delivered", 3).await;

    let log = worker.log();
    assert!(log.contains("\"TRACE\""), "the level is too low");
    let keys = &environment["SIGNUP__SECRETS__KEYS"];
    let secret = keys.split_once(':').map_or(keys.as_str(), |(_, key)| key);
    let password = broker_url.split(['/', ':', '@']).nth(4).unwrap();
    let database = stage.service.database();
    let kept = [database.rows("deliveries"), database.rows("decisions")].concat();
    let metrics = worker.metrics().await;
    for (place, text) in [
        ("the log", log),
        ("a record", kept.join("\n")),
        ("a metric", metrics),
    ] {
        for forbidden in ADDRESSES.iter().chain([&secret, &password]) {
            assert!(!text.contains(forbidden), "{place} holds {forbidden}");
        }
        // Six digits can be part of an id by chance; as a word of their own they are a code.
        let mut words = text.split(|letter: char| !letter.is_alphanumeric());
        let found = words.find(|word| codes.iter().any(|code| code == word));
        assert_eq!(found, None, "{place} holds a code");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workers_lines_name_the_request_and_the_trace_that_caused_them() {
    let broker = TestBroker::create();
    let stage = Stage::start(&broker).await;
    let worker = stage.worker().await;
    let (id, parent) = ("order-17", format!("00-{TRACE}-00f067aa0ba902b7-01"));

    let headers = [("x-request-id", id), ("traceparent", &parent)];
    stage.ask_with(ADDRESSES[0], &headers).await;

    let line = worker.logged("delivery.attempted").await;
    assert_eq!(line["request_id"], id);
    assert_eq!(line["trace_id"], TRACE);
    let events = stage.service.events().await;
    assert_eq!(events[0]["traceparent"], Value::from(parent));
}
