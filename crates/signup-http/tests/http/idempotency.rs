use std::time::Duration;

use reqwest::Response;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::acme::{Acme, LEAVING_GATE, SIGN_UP_GATE, refusal};

async fn sign_up(acme: &Acme, key: &str, body: &'static str) -> Response {
    let request = acme.post("/sign-up").header("idempotency-key", key);
    request.body(body).send().await.unwrap()
}

#[tokio::test]
async fn the_same_key_gets_the_same_reply() {
    let acme = Acme::start().await;
    let first = sign_up(&acme, "k1", "{}").await;
    assert_eq!(first.status(), 201);
    assert!(!first.headers().contains_key("idempotency-replayed"));
    let second = sign_up(&acme, "k1", "{}").await;
    assert_eq!(second.status(), 201);
    assert_eq!(second.headers()["idempotency-replayed"], "true");
    assert_eq!(second.headers()["x-acme"], "1");
    let (first, second): (Value, Value) =
        (first.json().await.unwrap(), second.json().await.unwrap());
    assert_eq!(first, second);
    let other: Value = sign_up(&acme, "k2", "{}").await.json().await.unwrap();
    assert_ne!(first, other);
}

#[tokio::test]
async fn without_a_key_every_request_runs() {
    let acme = Acme::start().await;
    let first = acme.post("/sign-up").send().await.unwrap();
    let second = acme.post("/sign-up").send().await.unwrap();
    assert_ne!(first.text().await.unwrap(), second.text().await.unwrap());
}

#[tokio::test]
async fn the_same_key_with_another_request_is_refused() {
    let acme = Acme::start().await;
    sign_up(&acme, "k", "{}").await;
    let another_body = sign_up(&acme, "k", "{ }").await;
    refusal(another_body, 422).await;
    let another_query = acme.post("/sign-up?a=1").header("idempotency-key", "k");
    refusal(another_query.body("{}").send().await.unwrap(), 422).await;
}

#[tokio::test]
async fn a_reply_that_may_pass_is_not_kept() {
    let acme = Acme::start().await;
    let first = sign_up(&acme, "k", "busy").await;
    assert_eq!(first.status(), 503);
    let second = sign_up(&acme, "k", "busy").await;
    assert_ne!(first.text().await.unwrap(), second.text().await.unwrap());
}

#[tokio::test]
async fn a_key_in_progress_is_a_conflict() {
    let acme = Acme::start().await;
    let request = acme.post("/sign-up").header("idempotency-key", "k");
    let first = tokio::spawn(request.body("wait").send());
    SIGN_UP_GATE.wait_for_request().await;
    refusal(sign_up(&acme, "k", "wait").await, 409).await;
    SIGN_UP_GATE.open();
    assert_eq!(first.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_client_that_left_gets_its_reply_when_it_comes_back() {
    let acme = Acme::start().await;
    let mut leaving = TcpStream::connect(acme.address).await.unwrap();
    leaving
        .write_all(
            b"POST /sign-up HTTP/1.1\r\nHost: a\r\nIdempotency-Key: k\r\nContent-Length: 5\r\n\r\nleave",
        )
        .await
        .unwrap();
    LEAVING_GATE.wait_for_request().await;
    // Closes with a reset, the way a process ends that is killed.
    leaving.set_zero_linger().unwrap();
    drop(leaving);
    // Another connection is served by the same thread, so the reset was seen when it is answered.
    refusal(sign_up(&acme, "k", "leave").await, 409).await;
    LEAVING_GATE.open();

    let reply = timeout(Duration::from_secs(20), async {
        loop {
            let reply = sign_up(&acme, "k", "leave").await;
            if reply.status() != 409 {
                return reply;
            }
        }
    })
    .await
    .unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers()["idempotency-replayed"], "true");
}

#[tokio::test]
async fn a_key_that_is_no_key_is_refused() {
    let acme = Acme::start().await;
    let long = "k".repeat(256);
    for key in ["", "two words", "tab\there", &long] {
        let response = sign_up(&acme, key, "{}").await;
        assert_eq!(refusal(response, 400).await, "invalid idempotency key");
    }
    let twice = acme.post("/sign-up").header("idempotency-key", "a");
    let twice = twice.header("idempotency-key", "b").send().await.unwrap();
    refusal(twice, 400).await;
}
