//! `Idempotency-Key`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use signup_core::keys::{KeyUse, UseKey};
use signup_core::reply::Reply;
use signup_core::time::Clock as _;
use signup_store::ClaimOutcome;
use signup_testkit::TestDatabase;

use crate::bytepower::{
    Answer, Bytepower, CLIENT_SIGN_UP, SEND_CODE, SIGN_UP, answer, by_name, code_body,
};

async fn sign_up(service: &Bytepower, application: &str, key: &str, body: &Value) -> Answer {
    let request = service.server_request(SIGN_UP, application, &body.to_string());
    answer(request.header("idempotency-key", key)).await
}

#[tokio::test]
async fn the_same_key_gets_the_same_reply_and_one_user() {
    let service = Bytepower::start().await;
    let first = sign_up(&service, "shop", "k", &by_name("ann")).await;
    let uid = first.user()["uid"].clone();
    // A new token, as a client makes one for every request.
    service.clock.advance(Duration::from_secs(1));
    let again = sign_up(&service, "shop", "k", &by_name("ann")).await;
    assert_eq!(again.user()["uid"], uid);
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(service.user_count().await, 1);
}

#[tokio::test]
async fn a_refusal_is_repeated_too() {
    let service = Bytepower::start().await;
    service.sign_up("shop", &by_name("ann")).await.user();
    sign_up(&service, "shop", "k", &by_name("ann"))
        .await
        .is_name_exists();
    let again = sign_up(&service, "shop", "k", &by_name("ann")).await;
    again.is_name_exists();
    assert_eq!(again.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn the_same_key_with_another_body_or_path_is_refused() {
    let service = Bytepower::start().await;
    sign_up(&service, "shop", "k", &by_name("ann")).await.user();
    let message = "this idempotency key belongs to another request.";
    sign_up(&service, "shop", "k", &by_name("bob"))
        .await
        .is_error(422, "idempotency_mismatch", message);
    let body = by_name("ann").to_string();
    let request = service.client_request(CLIENT_SIGN_UP, "shop", &body);
    answer(request.header("idempotency-key", "k"))
        .await
        .is_error(422, "idempotency_mismatch", message);
    assert_eq!(service.user_count().await, 1);
}

#[tokio::test]
async fn a_key_belongs_to_its_application_and_ends_after_a_day() {
    let service = Bytepower::start().await;
    sign_up(&service, "shop", "k", &by_name("ann")).await.user();
    sign_up(&service, "verified", "k", &by_name("bob"))
        .await
        .user();
    service.clock.advance(Duration::from_secs(24 * 60 * 60));
    sign_up(&service, "shop", "k", &by_name("carl"))
        .await
        .user();
}

#[tokio::test]
async fn a_key_in_progress_is_a_conflict_until_its_lease_ends() {
    let service = Bytepower::start().await;
    let body = by_name("ann");
    // Another process has begun with the same request, and dies.
    let settings = &service.app.settings.idempotency;
    let claim = service.app.store.claim_idempotency(
        "bytepower",
        "shop",
        "k",
        fingerprint(current_key(&service), &body.to_string()),
        service.clock.now(),
        settings.lease,
        settings.retention,
    );
    let claim = claim.await.unwrap();
    assert!(matches!(claim, ClaimOutcome::Claimed(_)), "{claim:?}");
    let message = "a request with this idempotency key is still in progress.";
    let refused = sign_up(&service, "shop", "k", &body).await;
    refused.is_error(409, "in_progress", message);
    assert_eq!(service.user_count().await, 0);
    service.clock.advance(settings.lease);
    sign_up(&service, "shop", "k", &body).await.user();
}

#[tokio::test]
async fn of_many_requests_with_one_key_one_signs_up() {
    let service = Bytepower::start().await;
    let body = by_name("ann");
    let sign_ups = (0..10).map(|_| sign_up(&service, "shop", "k", &body));
    let answers = futures_util::future::join_all(sign_ups).await;
    let (done, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert!(done.iter().all(|answer| answer.body == done[0].body));
    let message = "a request with this idempotency key is still in progress.";
    for answer in refused {
        answer.is_error(409, "in_progress", message);
    }
    assert_eq!(service.user_count().await, 1);
}

#[tokio::test]
async fn a_request_is_known_again_after_our_keys_were_rotated() {
    let keys = format!(
        "new:{},old:{}",
        STANDARD.encode([1; 32]),
        STANDARD.encode([2; 32])
    );
    let service = Bytepower::start_with(TestDatabase::sqlite(), |builder| {
        builder.setting("secrets.keys", &keys)
    })
    .await;
    let body = by_name("ann");
    let old = service.app.keys.key("old", KeyUse::Fingerprint).unwrap();
    let settings = &service.app.settings.idempotency;
    let store = &service.app.store;
    let claim = store.claim_idempotency(
        "bytepower",
        "shop",
        "k",
        fingerprint(old, &body.to_string()),
        service.clock.now(),
        settings.lease,
        settings.retention,
    );
    let ClaimOutcome::Claimed(claim) = claim.await.unwrap() else {
        panic!("the key is free");
    };
    let kept = json!({"kept": true});
    let reply = Reply::json(200, &kept);
    store.finish_idempotency(claim, reply).await.unwrap();
    let answer = sign_up(&service, "shop", "k", &body).await;
    assert_eq!((answer.status, answer.body), (200, kept.to_string()));
    assert_eq!(service.user_count().await, 0);
}

fn current_key(service: &Bytepower) -> &UseKey {
    let keys = &service.app.keys;
    keys.key(keys.current_id(), KeyUse::Fingerprint).unwrap()
}

/// What the service stores to know a request again: the SHA-256 of method, path and body, each with its length before it,
/// under a key of its own.
fn fingerprint(key: &UseKey, body: &str) -> [u8; 32] {
    let mut text = Vec::new();
    for part in ["POST", SIGN_UP, body] {
        text.extend((part.len() as u64).to_be_bytes());
        text.extend(part.as_bytes());
    }
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &text);
    key.sign(digest.as_ref())
}

#[tokio::test]
async fn a_key_that_is_no_key_is_refused() {
    let service = Bytepower::start().await;
    let message = "Idempotency-Key: must be 1 to 255 visible ASCII characters, sent once";
    for key in ["", "two words", &"k".repeat(256)] {
        sign_up(&service, "shop", key, &by_name("ann"))
            .await
            .is_invalid(message);
    }
}

#[tokio::test]
async fn a_code_is_sent_once_for_a_key() {
    let service = Bytepower::start().await;
    let body = code_body("ann@example.com").to_string();
    for _ in 0..2 {
        let request = service.server_request(SEND_CODE, "verified", &body);
        answer(request.header("idempotency-key", "k"))
            .await
            .is_empty_200();
    }
    assert_eq!(service.events_of("signup.otp.requested.v1").await.len(), 1);
}

#[tokio::test]
async fn what_an_operator_has_mended_is_not_refused_again() {
    let service = Bytepower::start().await;
    let body = code_body("ann@example.com").to_string();
    let ask = async || {
        let request = service.server_request(SEND_CODE, "no-mail", &body);
        answer(request.header("idempotency-key", "k")).await
    };
    assert_eq!(ask().await.status, 417);
    let declarations = include_str!("declarations.toml");
    let mended = declarations.replace("email = false", "email = true");
    service.apply(&mended).await;
    ask().await.is_empty_200();
}

#[tokio::test]
async fn an_unproven_caller_learns_nothing_from_a_key() {
    let service = Bytepower::start().await;
    sign_up(&service, "shop", "k", &by_name("ann")).await.user();
    let request = service.post(SIGN_UP, by_name("ann").to_string());
    answer(request.header("idempotency-key", "k"))
        .await
        .is_unauthorized();
}
