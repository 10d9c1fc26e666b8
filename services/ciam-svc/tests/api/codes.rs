//! What a code and its token are good for, and until when.

use std::time::Duration;

use serde_json::{Value, json};
use signup_core::code::Channel::{self, Email, Sms};

use crate::portal::{EMAIL, PHONE, Portal, key, merged, proof};

const BAD_PHONE_TOKEN: &str = r#"{"error":"bad_phone_number_otp_token"}"#;
const BAD_PHONE_CODE: &str = r#"{"error":"bad_phone_number_otp"}"#;
const BAD_EMAIL_TOKEN: &str = r#"{"error":"bad_email_otp_token"}"#;
const BAD_EMAIL_CODE: &str = r#"{"error":"bad_email_otp"}"#;

/// The application, the address, and the errors of its channel.
const CASES: [(&str, Channel, &str, &str, &str); 2] = [
    ("phones", Sms, PHONE, BAD_PHONE_TOKEN, BAD_PHONE_CODE),
    ("emails", Email, EMAIL, BAD_EMAIL_TOKEN, BAD_EMAIL_CODE),
];

/// Another code of the same length.
fn wrong(code: &str) -> String {
    let (first, rest) = code.split_at(1);
    let first = (first.parse::<u8>().unwrap() + 1) % 10;
    format!("{first}{rest}")
}

#[tokio::test]
async fn a_code_has_six_digits_unless_the_source_says_otherwise() {
    let portal = Portal::start().await;
    for (client, channel, address, ..) in CASES {
        let (_, code) = portal.code(client, channel, address).await;
        assert_eq!(code.len(), 6);
        assert!(code.bytes().all(|byte| byte.is_ascii_digit()));
    }
    portal.wait_for_next_code();
    assert_eq!(portal.code("discreet", Sms, PHONE).await.1.len(), 4);
    assert_eq!(portal.code("discreet", Email, EMAIL).await.1.len(), 128);
}

#[tokio::test]
async fn a_code_is_good_for_60_seconds() {
    for (client, channel, address, _, bad_code) in CASES {
        for (after, is_good) in [(59_999, true), (60_000, false)] {
            let portal = Portal::start().await;
            let body = portal.proof(client, channel, address).await;
            portal.0.clock.advance(Duration::from_millis(after));
            let answer = portal.sign_up(client, &body).await;
            if is_good {
                answer.sub();
            } else {
                answer.refuses(400, bad_code);
            }
        }
    }
}

#[tokio::test]
async fn a_token_is_good_for_300_seconds() {
    for (client, channel, address, bad_token, bad_code) in CASES {
        let portal = Portal::start().await;
        let body = portal.proof(client, channel, address).await;
        portal.0.clock.advance(Duration::from_millis(299_999));
        portal.sign_up(client, &body).await.refuses(400, bad_code);
        portal.0.clock.advance(Duration::from_millis(1));
        portal.sign_up(client, &body).await.refuses(400, bad_token);
    }
}

#[tokio::test]
async fn a_code_may_be_as_short_lived_as_its_source_says() {
    let portal = Portal::start().await;
    let body = merged([
        portal.proof("discreet", Sms, PHONE).await,
        portal.proof("discreet", Email, EMAIL).await,
    ]);
    portal.0.clock.advance(Duration::from_secs(1));
    portal
        .sign_up("discreet", &body)
        .await
        .refuses(400, BAD_EMAIL_CODE);
    portal.0.clock.advance(Duration::from_secs(30));
    let email = portal.proof("discreet", Email, EMAIL).await;
    portal
        .sign_up("discreet", &merged([body, email]))
        .await
        .sub();
}

#[tokio::test]
async fn a_token_is_needed_and_must_be_ours() {
    let portal = Portal::start().await;
    for (client, channel, address, bad_token, _) in CASES {
        let (token, code) = portal.code(client, channel, address).await;
        for token in ["", "x", "MOCK_TOKEN", &token[1..], &format!("{token}A")] {
            let body = proof(channel, address, token, &code);
            portal.sign_up(client, &body).await.refuses(400, bad_token);
        }
        let mut body = proof(channel, address, &token, &code);
        body.as_object_mut()
            .unwrap()
            .retain(|name, _| !name.ends_with("_token"));
        portal.sign_up(client, &body).await.refuses(400, bad_token);
        body.as_object_mut()
            .unwrap()
            .retain(|name, _| !name.ends_with("_otp"));
        portal.sign_up(client, &body).await.refuses(400, bad_token);
    }
}

#[tokio::test]
async fn a_code_is_needed_and_must_be_right() {
    let portal = Portal::start().await;
    for (client, channel, address, _, bad_code) in CASES {
        let (token, code) = portal.code(client, channel, address).await;
        for code in ["", " ", &wrong(&code), &format!("{code}0")] {
            let body = proof(channel, address, &token, code);
            portal.sign_up(client, &body).await.refuses(400, bad_code);
        }
        let mut body = proof(channel, address, &token, &code);
        body.as_object_mut()
            .unwrap()
            .retain(|name, _| !name.ends_with("_otp"));
        portal.sign_up(client, &body).await.refuses(400, bad_code);
        portal
            .sign_up(client, &proof(channel, address, &token, &code))
            .await
            .sub();
    }
}

#[tokio::test]
async fn a_token_is_bound_to_its_address() {
    let portal = Portal::start().await;
    for (client, channel, address, other, bad_token) in [
        ("phones", Sms, PHONE, "13700000000", BAD_PHONE_TOKEN),
        ("emails", Email, EMAIL, "bob@example.com", BAD_EMAIL_TOKEN),
    ] {
        let (token, code) = portal.code(client, channel, address).await;
        let body = proof(channel, other, &token, &code);
        portal.sign_up(client, &body).await.refuses(400, bad_token);
        let body = proof(channel, &address.to_uppercase(), &token, &code);
        portal.sign_up(client, &body).await.sub();
    }
}

#[tokio::test]
async fn a_token_is_bound_to_its_application() {
    let portal = Portal::start().await;
    for (sender, channel, address, bad_token) in [
        ("machine", Sms, PHONE, BAD_PHONE_TOKEN),
        ("discreet", Sms, PHONE, BAD_PHONE_TOKEN),
    ] {
        let body = portal.proof(sender, channel, address).await;
        portal
            .sign_up("phones", &body)
            .await
            .refuses(400, bad_token);
        portal.wait_for_next_code();
    }
    let body = portal.proof("discreet", Email, EMAIL).await;
    portal
        .sign_up("emails", &body)
        .await
        .refuses(400, BAD_EMAIL_TOKEN);
}

#[tokio::test]
async fn a_code_that_was_used_is_used_up() {
    let portal = Portal::start().await;
    for (client, channel, address, _, bad_code) in CASES {
        let body = portal.proof(client, channel, address).await;
        portal.sign_up(client, &body).await.sub();
        portal.sign_up(client, &body).await.refuses(400, bad_code);
    }
}

#[tokio::test]
async fn a_newer_code_takes_the_place_of_the_older_one() {
    let portal = Portal::start().await;
    for (client, channel, address, _, bad_code) in CASES {
        let older = portal.proof(client, channel, address).await;
        portal.0.clock.advance(Duration::from_secs(30));
        let newer = portal.proof(client, channel, address).await;
        portal.sign_up(client, &older).await.refuses(400, bad_code);
        portal.sign_up(client, &newer).await.sub();
    }
}

#[tokio::test]
async fn four_wrong_tries_leave_a_code_alive_and_the_fifth_kills_it() {
    for (client, channel, address, _, bad_code) in CASES {
        for (tries, is_alive) in [(4, true), (5, false)] {
            let portal = Portal::start().await;
            let (token, code) = portal.code(client, channel, address).await;
            let guess = proof(channel, address, &token, &wrong(&code));
            for _ in 0..tries {
                portal.sign_up(client, &guess).await.refuses(400, bad_code);
            }
            let answer = portal
                .sign_up(client, &proof(channel, address, &token, &code))
                .await;
            if is_alive {
                answer.sub();
            } else {
                answer.refuses(400, bad_code);
            }
        }
    }
}

#[tokio::test]
async fn a_sign_up_that_fails_uses_no_code_up() {
    let portal = Portal::start().await;
    portal
        .sign_up("names", &json!({"username": "ann"}))
        .await
        .sub();
    let codes = merged([
        portal.proof("all", Sms, PHONE).await,
        portal.proof("all", Email, EMAIL).await,
    ]);
    let named = |name: &str| -> Value {
        merged([codes.clone(), json!({"username": name, "nickname": "A"})])
    };
    for _ in 0..6 {
        let answer = portal.sign_up("all", &named("ANN")).await;
        answer.refuses(400, r#"{"error":"duplicate_username"}"#);
    }
    portal.sign_up("all", &named("bea")).await.sub();
}

#[tokio::test]
async fn neither_events_nor_replies_yield_a_code() {
    let portal = Portal::start().await;
    for (client, channel, address, ..) in CASES {
        let answer = portal.send_code(client, channel, address).await;
        let code = portal.0.code(channel, &key(channel, address)).await;
        assert!(!answer.body.contains(&code));
        let events = portal.0.events_of("signup.otp.requested.v1").await;
        let data = events[0]["data"].as_object().unwrap();
        assert!(data.values().all(|value| value != &json!(code)));
    }
}
