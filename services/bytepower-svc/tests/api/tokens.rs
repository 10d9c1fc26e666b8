//! `X-BytePower-Auth-Token`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use signup_core::credential::CredentialKind;

use crate::bytepower::{Answer, Bytepower, SEND_CODE, SIGN_UP, TOKEN, answer, by_name, code_body};

/// Signs up with this token.
async fn sign_up_with(service: &Bytepower, token: &str) -> Answer {
    let body = by_name("ann").to_string();
    answer(service.post(SIGN_UP, body).header(TOKEN, token)).await
}

fn hs256() -> Header {
    Header::new(Algorithm::HS256)
}

fn claims(iat: impl Into<Value>) -> Value {
    json!({"iat": iat.into(), "key_name": "shop-server"})
}

fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

#[tokio::test]
async fn a_token_signed_with_the_servers_key_opens_the_door() {
    let service = Bytepower::start().await;
    let token = service.token("shop");
    sign_up_with(&service, &token).await.user();
}

#[tokio::test]
async fn a_call_without_a_token_is_refused() {
    let service = Bytepower::start().await;
    for path in [SIGN_UP, SEND_CODE] {
        let body = by_name("ann").to_string();
        answer(service.post(path, body)).await.is_unauthorized();
    }
    assert_eq!(service.user_count().await, 0);
}

#[tokio::test]
async fn the_time_may_be_in_milliseconds_or_seconds_with_or_without_a_fraction() {
    let service = Bytepower::start().await;
    let millis = service.now_millis();
    let seconds = millis / 1000;
    for (name, iat) in [
        ("a", json!(millis)),
        ("b", json!(seconds)),
        ("c", json!(seconds as f64 + 0.5)),
    ] {
        let token = service.token_with("shop", &hs256(), &claims(iat));
        let body = by_name(name).to_string();
        let request = service.post(SIGN_UP, body).header(TOKEN, token);
        answer(request).await.user();
    }
}

#[tokio::test]
async fn a_token_is_good_for_five_minutes_either_side_of_now() {
    let service = Bytepower::start().await;
    let now = service.now_millis();
    for (name, iat) in [("past", now - 300_000), ("future", now + 300_000)] {
        let token = service.token_with("shop", &hs256(), &claims(iat));
        let body = by_name(name).to_string();
        let request = service.post(SIGN_UP, body).header(TOKEN, token);
        answer(request).await.user();
    }
    for iat in [now - 300_001, now + 300_001, 0, -now, i64::MAX] {
        let token = service.token_with("shop", &hs256(), &claims(iat));
        sign_up_with(&service, &token).await.is_unauthorized();
    }
}

#[tokio::test]
async fn an_application_may_shorten_the_time() {
    let service = Bytepower::start().await;
    let token = service.token("impatient");
    service.clock.advance(Duration::from_millis(10_001));
    sign_up_with(&service, &token).await.is_unauthorized();
    let token = service.token("impatient");
    service.clock.advance(Duration::from_secs(10));
    sign_up_with(&service, &token).await.user();
}

#[tokio::test]
async fn an_end_that_the_token_sets_itself_is_obeyed() {
    let service = Bytepower::start().await;
    let now = service.now_millis();
    let with_end = |end: i64| json!({"iat": now, "key_name": "shop-server", "exp": end});
    for end in [now, now / 1000 - 1] {
        let token = service.token_with("shop", &hs256(), &with_end(end));
        sign_up_with(&service, &token).await.is_unauthorized();
    }
    let token = service.token_with("shop", &hs256(), &with_end(now / 1000 + 60));
    sign_up_with(&service, &token).await.user();
}

#[tokio::test]
async fn a_beginning_that_the_token_sets_itself_is_obeyed() {
    let service = Bytepower::start().await;
    let now = service.now_millis();
    let with_start = |start: i64| json!({"iat": now, "key_name": "shop-server", "nbf": start});
    for start in [now + 301_000, now / 1000 + 302] {
        let token = service.token_with("shop", &hs256(), &with_start(start));
        sign_up_with(&service, &token).await.is_unauthorized();
    }
    // A clock may be as wrong as that of `iat`.
    let token = service.token_with("shop", &hs256(), &with_start(now / 1000 + 299));
    sign_up_with(&service, &token).await.user();
}

#[tokio::test]
async fn a_token_that_is_none_is_refused() {
    let service = Bytepower::start().await;
    let good = service.token("shop");
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!("{good}");
    };
    for token in [
        String::new(),
        "jwtheader.jwtpayload.jwtsignature".to_owned(),
        format!("Bearer {good}"),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!("{header}.{}.{signature}", part(&json!([]))),
    ] {
        sign_up_with(&service, &token).await.is_unauthorized();
    }
    let body = by_name("ann").to_string();
    let twice = service.post(SIGN_UP, body).header(TOKEN, &good);
    answer(twice.header(TOKEN, &good)).await.is_unauthorized();
}

#[tokio::test]
async fn a_payload_that_lacks_something_is_refused() {
    let service = Bytepower::start().await;
    let now = service.now_millis();
    for payload in [
        json!({"key_name": "shop-server"}),
        json!({"iat": now}),
        json!({"iat": now.to_string(), "key_name": "shop-server"}),
        json!({"iat": null, "key_name": "shop-server"}),
        json!({"iat": now, "key_name": ""}),
        json!({"iat": now, "key_name": 7}),
    ] {
        let token = service.token_with("shop", &hs256(), &payload);
        sign_up_with(&service, &token).await.is_unauthorized();
    }
}

#[tokio::test]
async fn a_signature_of_another_secret_or_over_another_payload_is_refused() {
    let service = Bytepower::start().await;
    let now = service.now_millis();
    let foreign = EncodingKey::from_secret(b"0123456789abcdef0123456789abcdef");
    let token = encode(&hs256(), &claims(now), &foreign).unwrap();
    sign_up_with(&service, &token).await.is_unauthorized();

    let good = service.token("shop");
    let parts: Vec<_> = good.split('.').collect();
    let later = part(&claims(now + 1));
    let token = format!("{}.{later}.{}", parts[0], parts[2]);
    sign_up_with(&service, &token).await.is_unauthorized();

    let of_another_key = json!({"iat": now, "key_name": "other-server"});
    let token = service.token_with("shop", &hs256(), &of_another_key);
    sign_up_with(&service, &token).await.is_unauthorized();
}

#[tokio::test]
async fn every_algorithm_but_hs256_is_refused() {
    let service = Bytepower::start().await;
    let payload = claims(service.now_millis());
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = service.token_with("shop", &Header::new(algorithm), &payload);
        sign_up_with(&service, &token).await.is_unauthorized();
    }
    // The signature is right for HS256; only the header tells otherwise.
    let good = service.token_with("shop", &hs256(), &payload);
    let parts: Vec<_> = good.split('.').collect();
    for algorithm in ["none", "None", "RS256", "ES256", "hs256", ""] {
        let header = part(&json!({"alg": algorithm, "typ": "JWT"}));
        for signature in ["", parts[2]] {
            let token = format!("{header}.{}.{signature}", parts[1]);
            sign_up_with(&service, &token).await.is_unauthorized();
        }
    }
}

#[tokio::test]
async fn a_token_that_demands_what_we_do_not_know_is_refused() {
    let service = Bytepower::start().await;
    let mut header = hs256();
    header.crit = Some(vec!["b64".to_owned()]);
    let token = service.token_with("shop", &header, &claims(service.now_millis()));
    sign_up_with(&service, &token).await.is_unauthorized();
}

#[tokio::test]
async fn what_else_a_token_holds_does_not_matter() {
    let service = Bytepower::start().await;
    let mut header = hs256();
    header.kid = Some("whatever".to_owned());
    let payload = json!({
        "iat": service.now_millis(), "key_name": "shop-server", "aud": "bytepower", "iss": "me", "jti": 7,
    });
    let token = service.token_with("shop", &header, &payload);
    sign_up_with(&service, &token).await.user();
}

#[tokio::test]
async fn a_client_key_signs_no_tokens() {
    let service = Bytepower::start().await;
    let secret = service.secret(CredentialKind::ClientKey, "shop-client");
    let payload = json!({"iat": service.now_millis(), "key_name": "shop-client"});
    let key = EncodingKey::from_secret(secret.as_bytes());
    let token = encode(&hs256(), &payload, &key).unwrap();
    sign_up_with(&service, &token).await.is_unauthorized();
}

#[tokio::test]
async fn a_key_opens_its_own_application_only() {
    let service = Bytepower::start().await;
    let body = by_name("ann").to_string();
    for named in ["other", "Shop", ""] {
        let request = service.server_request(SIGN_UP, "shop", &body);
        let request = request.header("X-BytePower-Application-Id", named);
        answer(request).await.is_unauthorized();
    }
    let request =
        service.server_request(SEND_CODE, "shop", &code_body("a@example.com").to_string());
    let request = request.header("X-BytePower-Application-Id", "other");
    answer(request).await.is_unauthorized();
    let request = service.server_request(SIGN_UP, "shop", &body);
    let request = request.header("X-BytePower-Application-Id", "shop");
    answer(request).await.user();
}
