//! The built service as it runs in production: a process of its own beside a broker and a database.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod haproxy;
mod rolling;

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use ciam_svc::{PROVIDER, declarations};
use serde_json::json;
use signup_core::credential::CredentialKind;
use signup_testkit::{TestBroker, TestDatabase, TestProcess, TestService};
use url::Url;

const USERS: &str = "signup.notify.users";

/// A service in the test's own process, for its declarations and its view of the database; it relays nothing.
async fn start_beside() -> TestService {
    TestService::builder(TestDatabase::postgres(), &PROVIDER, declarations)
        .setting("bus.local_messages", "off")
        .start(include_str!("../api/declarations.toml"))
        .await
}

/// The built service on the same database, with this broker.
async fn start(beside: &TestService, broker: &str) -> TestProcess {
    let mut environment: HashMap<_, _> = beside.environment();
    environment.insert("SIGNUP__BUS__URL".to_owned(), broker.to_owned());
    TestProcess::start(env!("CARGO_BIN_EXE_ciam-svc"), &environment).await
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_answers_what_it_accepted_and_relays_what_it_wrote() {
    let broker = TestBroker::create();
    let beside = start_beside().await;
    let service = start(&beside, broker.url()).await;
    let address = service.url("").replacen("http://", "", 1);
    let secret = beside.secret(CredentialKind::ClientSecret, "names");
    let sign_up = |username: &str| json!({"username": username, "password": "correct horse"});
    let done = beside
        .http
        .post(service.url("/signup"))
        .basic_auth("names", Some(&secret))
        .json(&sign_up("ann_early"))
        .send()
        .await
        .unwrap();
    assert_eq!(done.status(), 200);
    let body = sign_up("ann_late").to_string();
    let mut slow = TcpStream::connect(address).unwrap();
    write!(
        slow,
        "POST /signup HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        basic("names", &secret),
        body.len(),
    )
    .unwrap();
    // "HTTP/1.1 100": the service has accepted the request and reads its body now.
    let mut interim = [0; 25];
    slow.read_exact(&mut interim).unwrap();
    assert!(interim.starts_with(b"HTTP/1.1 100"), "{interim:?}");

    service.terminate();
    service.logged("shutdown.signal").await;
    slow.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();

    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(r#"{"sub":""#), "{answer}");
    assert_eq!(service.ended().await, Some(0));
    assert_eq!(beside.user_count().await, 2);
    assert_eq!(beside.app.store.backlog().await.unwrap().waiting, 0);
    assert_eq!(broker.queue_length(USERS), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_of_the_broker_is_logged_without_it_and_stops_nothing() {
    let broker = TestBroker::create();
    let beside = start_beside().await;
    let mut url = Url::parse(broker.url()).unwrap();
    url.set_password(Some("hush-hush")).unwrap();

    let service = start(&beside, url.as_str()).await;

    let line = service.logged("relay.no_bus").await.to_string();
    assert!(line.contains("password"), "{line}");
    let ready = beside.http.get(service.url("/health/ready")).send().await;
    assert_eq!(ready.unwrap().status(), 200);
    let secret = beside.secret(CredentialKind::ClientSecret, "names");
    let done = beside
        .http
        .post(service.url("/signup"))
        .basic_auth("names", Some(&secret))
        .json(&json!({"username": "ann"}))
        .send()
        .await
        .unwrap();
    assert_eq!(done.status(), 200);
    assert_eq!(beside.app.store.backlog().await.unwrap().waiting, 1);
    assert!(!service.log().contains("hush-hush"), "{}", service.log());
}

fn basic(id: &str, secret: &str) -> String {
    use base64::Engine as _;
    let joined = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
    format!("Basic {joined}")
}
