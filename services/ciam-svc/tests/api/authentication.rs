//! Who may call.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use serde_json::json;
use signup_core::credential::CredentialKind;

use crate::portal::{Answer, Portal, basic, send};

const INVALID_CLIENT: &str = r#"{"error":"invalid_client"}"#;
const UNAUTHORIZED: &str = r#"{"error":"unauthorized_client"}"#;

/// Signs up with these header fields; the user name is new each time.
async fn sign_up(portal: &Portal, username: &str, headers: &[(&str, &str)]) -> Answer {
    let request = portal
        .0
        .http
        .post(portal.0.url("/signup"))
        .header(CONTENT_TYPE, "application/json")
        .body(json!({"username": username}).to_string());
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    send(request).await
}

#[track_caller]
fn is_invalid_client(answer: &Answer) {
    answer.refuses(401, INVALID_CLIENT);
    assert_eq!(answer.header("www-authenticate"), Some("Basic"));
}

#[tokio::test]
async fn a_client_without_good_credentials_is_refused() {
    let portal = Portal::start().await;
    let secret = portal.secret("names");
    is_invalid_client(&sign_up(&portal, "ann", &[]).await);
    for value in [
        basic("names", "wrong"),
        basic("names", ""),
        basic("nobody", &secret),
        basic("NAMES", &secret),
        basic("names", &portal.secret("all")),
        basic(
            "names-rotated",
            &portal
                .0
                .secret(CredentialKind::ClientSecret, "names-rotated"),
        ),
        basic("disabled", &portal.secret("disabled")),
        basic("names", &format!("{secret}%")),
        basic("names", &secret).replace("Basic", "Bearer"),
        "Basic".to_owned(),
        "Basic !!!".to_owned(),
        "Basic bmFtZXM=".to_owned(),
    ] {
        is_invalid_client(&sign_up(&portal, "ann", &[("authorization", &value)]).await);
    }
    let good = basic("names", &secret);
    let twice = [("authorization", good.as_str()), ("authorization", &good)];
    is_invalid_client(&sign_up(&portal, "ann", &twice).await);
    assert_eq!(portal.0.user_count().await, 0);
}

#[tokio::test]
async fn the_scheme_may_be_written_in_any_case_and_the_halves_form_encoded() {
    let portal = Portal::start().await;
    let secret = portal.secret("names");
    let encoded: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let shouted = basic("names", &secret).replace("Basic", "BASIC");
    let escaped = basic("n%61mes", &encoded);
    for (number, value) in [shouted, escaped].iter().enumerate() {
        let answer = sign_up(&portal, &format!("u{number}"), &[("authorization", value)]).await;
        answer.sub();
    }
}

#[tokio::test]
async fn every_valid_secret_of_an_application_is_accepted() {
    let portal = Portal::start().await;
    for credential in ["names", "names-rotated"] {
        let secret = portal.0.secret(CredentialKind::ClientSecret, credential);
        let value = basic("names", &secret);
        let username = credential.replace('-', "_");
        let answer = sign_up(&portal, &username, &[("authorization", &value)]).await;
        answer.sub();
    }
}

#[tokio::test]
async fn a_tenants_host_takes_its_own_applications_only() {
    let portal = Portal::start().await;
    let value = basic("names", &portal.secret("names"));
    let at = async |username: &str, host: &str| {
        let headers = [("authorization", value.as_str()), (HOST.as_str(), host)];
        sign_up(&portal, username, &headers).await
    };
    at("u1", "sample.portal.example.com").await.sub();
    at("u2", "Sample.Portal.Example.COM:8443").await.sub();
    at("u3", "no-tenant.example.com").await.sub();
    for foreign in ["other.portal.example.com", "OTHER.portal.example.com:80"] {
        is_invalid_client(&at("u4", foreign).await);
    }
}

#[tokio::test]
async fn only_web_applications_sign_up() {
    let portal = Portal::start().await;
    for client in ["machine", "browser"] {
        let answer = portal.sign_up(client, &json!({"username": "ann"})).await;
        answer.refuses(400, UNAUTHORIZED);
    }
}

#[tokio::test]
async fn web_and_m2m_applications_send_codes() {
    let portal = Portal::start().await;
    let body = json!({"usage": "signup", "phone_number": "13612345678"});
    let answer = portal.post("browser", "/otp/send", &body).await;
    answer.refuses(400, UNAUTHORIZED);
    for client in ["machine", "phones"] {
        assert_eq!(portal.post(client, "/otp/send", &body).await.status, 200);
        portal.wait_for_next_code();
    }
}

#[tokio::test]
async fn sending_codes_needs_the_same_proof() {
    let portal = Portal::start().await;
    let request = portal.0.http.post(portal.0.url("/otp/send"));
    let request = request
        .header(AUTHORIZATION, basic("phones", "wrong"))
        .body("{}");
    is_invalid_client(&send(request).await);
}

#[tokio::test]
async fn an_address_that_tries_too_often_has_to_wait() {
    let portal = Portal::start().await;
    portal
        .sign_up("few-attempts", &json!({"username": "ann"}))
        .await
        .sub();
    for path in ["/signup", "/otp/send"] {
        let answer = portal.post("few-attempts", path, &json!({})).await;
        answer.refuses(429, r#"{"error":"rate_limit_exceeded"}"#);
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
    }
    // Who is not the client uses up nobody's attempts.
    portal.0.clock.advance(Duration::from_secs(1));
    is_invalid_client(&sign_up(&portal, "bea", &[]).await);
}
