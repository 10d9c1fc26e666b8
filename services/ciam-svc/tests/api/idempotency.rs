//! A sign-up that is sent again.

use std::time::Duration;

use serde_json::json;
use signup_core::code::Channel::Sms;
use signup_core::password::Password;
use signup_testkit::TestDatabase;

use crate::portal::{Answer, PHONE, Portal, send};

async fn sign_up(portal: &Portal, key: &str, client: &str, body: &str) -> Answer {
    let request = portal.request(client, "/signup");
    send(request.header("idempotency-key", key).body(body.to_owned())).await
}

#[tokio::test]
async fn the_same_key_gets_the_same_reply() {
    let portal = Portal::start().await;
    let body = portal.proof("phones", Sms, PHONE).await.to_string();
    let first = sign_up(&portal, "k", "phones", &body).await;
    portal.0.clock.advance(Duration::from_secs(10));
    let second = sign_up(&portal, "k", "phones", &body).await;
    assert_eq!(first.sub(), second.sub());
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(portal.0.user_count().await, 1);
    // Without the key, it is another request.
    let request = portal.request("phones", "/signup").body(body);
    send(request)
        .await
        .refuses(400, r#"{"error":"bad_phone_number_otp"}"#);
}

#[tokio::test]
async fn a_refusal_is_replayed_as_well() {
    let portal = Portal::start().await;
    let body = r#"{"username":"1"}"#;
    for _ in 0..2 {
        let answer = sign_up(&portal, "k", "names", body).await;
        answer.refuses(400, r#"{"error":"invalid_username"}"#);
    }
}

#[tokio::test]
async fn a_key_belongs_to_one_body_of_one_application() {
    let portal = Portal::start().await;
    sign_up(&portal, "k", "names", r#"{"username":"ann"}"#)
        .await
        .sub();
    let answer = sign_up(&portal, "k", "names", r#"{"username":"bea"}"#).await;
    answer.refuses(
        422,
        r#"{"error":"idempotency_key_reused","error_description":"The Idempotency-Key belongs to another request."}"#,
    );
    let elsewhere = sign_up(&portal, "k", "few-attempts", r#"{"username":"bea"}"#).await;
    elsewhere.sub();
}

#[tokio::test]
async fn a_key_is_no_use_without_credentials() {
    let portal = Portal::start().await;
    sign_up(&portal, "k", "names", r#"{"username":"ann"}"#)
        .await
        .sub();
    let request = portal.0.http.post(portal.0.url("/signup"));
    let request = request
        .header("idempotency-key", "k")
        .body(r#"{"username":"ann"}"#);
    send(request)
        .await
        .refuses(401, r#"{"error":"invalid_client"}"#);
}

#[tokio::test]
async fn a_key_in_progress_is_a_conflict() {
    let settings = [("hash.threads", "1")];
    let portal = Portal::with_settings(TestDatabase::sqlite(), &settings).await;
    // Keeps the only hash thread busy, so that whichever request came first is still at work when the other comes.
    let long = Password::new("takes a while".to_owned()).unwrap();
    let long_work = portal.0.app.hash_pool.hash(
        "ciam/names",
        long,
        12,
        std::time::Instant::now() + Duration::from_secs(60),
    );
    let body = json!({"username": "ann", "password": "correct horse"}).to_string();
    let (_, one, other) = tokio::join!(
        long_work,
        sign_up(&portal, "k", "names", &body),
        sign_up(&portal, "k", "names", &body),
    );
    let (won, lost) = if one.status == 200 {
        (one, other)
    } else {
        (other, one)
    };
    let sub = won.sub();
    lost.refuses(
        409,
        r#"{"error":"request_in_progress","error_description":"The first request with this Idempotency-Key is still in progress."}"#,
    );
    assert_eq!(sign_up(&portal, "k", "names", &body).await.sub(), sub);
}

#[tokio::test]
async fn a_malformed_key_is_refused() {
    let portal = Portal::start().await;
    for key in ["", "two words", &"k".repeat(256)] {
        let answer = sign_up(&portal, key, "names", r#"{"username":"ann"}"#).await;
        answer.refuses(
            400,
            r#"{"error":"invalid_request","error_description":"Idempotency-Key must be sent once, with 1 to 255 visible ASCII characters."}"#,
        );
    }
}

async fn ask_for_code(portal: &Portal, key: &str, client: &str, number: &str) -> Answer {
    let body = json!({"usage": "signup", "phone_number": number}).to_string();
    let request = portal.request(client, "/otp/send").body(body);
    send(request.header("idempotency-key", key)).await
}

#[tokio::test]
async fn a_repeated_request_for_a_code_sends_one_code() {
    let portal = Portal::start().await;
    let first = ask_for_code(&portal, "k", "phones", PHONE).await;
    assert_eq!(first.status, 200);
    let second = ask_for_code(&portal, "k", "phones", PHONE).await;
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!((second.status, second.body), (200, first.body));
    portal.0.drained().await;
    assert_eq!(portal.0.messages().len(), 1);
    let answer = ask_for_code(&portal, "k", "phones", "13700000000").await;
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn a_limit_is_not_repeated_when_it_is_over() {
    let portal = Portal::start().await;
    for (client, first, second, wait) in [
        ("phones", PHONE, PHONE, 30),
        ("small-budget", "13700000001", "13700000002", 24 * 60 * 60),
    ] {
        assert_eq!(ask_for_code(&portal, "k1", client, first).await.status, 200);
        let limited = ask_for_code(&portal, "k2", client, second).await;
        assert_eq!(limited.status, 400, "{}", limited.body);
        portal.0.clock.advance(Duration::from_secs(wait));
        let later = ask_for_code(&portal, "k2", client, second).await;
        assert_eq!(later.status, 200, "{}", later.body);
    }
}

#[tokio::test]
async fn what_an_operator_has_mended_is_not_refused_again() {
    let portal = Portal::start().await;
    let declarations = r#"
        provider = "ciam"
        [[application]]
        id = "mute"
        rules.messages.sms = false
        settings.flow.sms_source = {}
        credential = [{ kind = "client-secret", id = "mute" }]
    "#;
    portal.0.apply(declarations).await;
    let refused = ask_for_code(&portal, "k", "mute", PHONE).await;
    assert_eq!(refused.json()["error"], "misconfigured");
    let mended = declarations.replace("sms = false", "sms = true");
    portal.0.apply(&mended).await;
    let answer = ask_for_code(&portal, "k", "mute", PHONE).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}
