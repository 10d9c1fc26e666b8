//! `/otp/send`: what is sent, and what is refused with which words.

use std::time::Duration;

use serde_json::json;
use signup_core::code::Channel::{self, Email, Sms};

use crate::portal::{EMAIL, PHONE, Portal, send};

const ADDRESSES: [(&str, Channel, &str); 2] = [("phones", Sms, PHONE), ("emails", Email, EMAIL)];

#[tokio::test]
async fn the_reply_holds_a_token_and_nothing_else() {
    let portal = Portal::start().await;
    for (client, channel, address) in ADDRESSES {
        let answer = portal.send_code(client, channel, address).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let token = answer.json()["otp_token"].as_str().unwrap().to_owned();
        assert_eq!(answer.body, format!(r#"{{"otp_token":"{token}"}}"#));
    }
}

#[tokio::test]
async fn only_the_usage_sign_up_exists() {
    let portal = Portal::start().await;
    for body in [
        json!({"phone_number": PHONE}),
        json!({"usage": null, "phone_number": PHONE}),
        json!({"usage": "login", "phone_number": PHONE, "auth_source_id": "x"}),
        json!({"usage": "SIGNUP", "phone_number": PHONE}),
        json!({"usage": 1}),
        json!({}),
    ] {
        portal.post("phones", "/otp/send", &body).await.refuses(
            400,
            r#"{"error":"invalid_request","error_description":"Unsupported usage."}"#,
        );
    }
}

#[tokio::test]
async fn a_code_goes_to_exactly_one_address() {
    let portal = Portal::start().await;
    for body in [
        json!({"usage": "signup"}),
        json!({"usage": "signup", "phone_number": null}),
        json!({"usage": "signup", "phone_number": PHONE, "email": EMAIL}),
    ] {
        portal.post("all", "/otp/send", &body).await.refuses(
            400,
            r#"{"error":"invalid_request","error_description":"Exactly one of phone_number and email is required."}"#,
        );
    }
    let body =
        json!({"usage": "signup", "phone_number": PHONE, "email": null, "auth_source_id": "x"});
    assert_eq!(portal.post("all", "/otp/send", &body).await.status, 200);
}

#[tokio::test]
async fn an_address_must_be_a_good_text() {
    let portal = Portal::start().await;
    for number in ["", "1361234567", "+8613612345678", "19212345678"] {
        let answer = portal.send_code("phones", Sms, number).await;
        answer.refuses(400, r#"{"error":"malformed_phone_number"}"#);
    }
    for address in ["", "ann", "ann@example"] {
        let answer = portal.send_code("emails", Email, address).await;
        answer.refuses(400, r#"{"error":"malformed_email"}"#);
    }
    let body = json!({"usage": "signup", "phone_number": 13612345678_u64});
    portal.post("phones", "/otp/send", &body).await.refuses(
        400,
        r#"{"error":"illegal_parameter_value","error_description":"Illegal value of attribute phone_number."}"#,
    );
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let portal = Portal::start().await;
    for (body, problem) in [
        ("", "is empty"),
        ("[]", "must be a JSON object"),
        (r#"["signup","13612345678"]"#, "must be a JSON object"),
        ("{", "is not valid JSON at line 1, column 1"),
        (
            r#"{"usage":"signup","usage":"signup"}"#,
            "must not have usage twice",
        ),
    ] {
        let request = portal.request("phones", "/otp/send").body(body);
        let refusal = format!(
            r#"{{"error":"invalid_request","error_description":"The request body {problem}."}}"#
        );
        send(request).await.refuses(400, &refusal);
    }
}

#[tokio::test]
async fn a_blocked_address_gets_no_code() {
    let portal = Portal::start().await;
    for address in [
        "spam@example.com",
        "SPAM@EXAMPLE.COM",
        "a@trash.example",
        "a@mail.trash.example",
    ] {
        let answer = portal.send_code("emails", Email, address).await;
        answer.refuses(400, r#"{"error":"invalid_email"}"#);
    }
    assert_eq!(portal.send_code("emails", Email, EMAIL).await.status, 200);
}

#[tokio::test]
async fn a_registered_address_gets_no_code() {
    let portal = Portal::start().await;
    for ((client, channel, address), error) in ADDRESSES
        .into_iter()
        .zip(["phone_number_is_used", "email_is_used"])
    {
        let body = portal.proof(client, channel, address).await;
        portal.sign_up(client, &body).await.sub();
        for sender in [client, "all"] {
            let answer = portal.send_code(sender, channel, address).await;
            answer.refuses(400, &format!(r#"{{"error":"{error}"}}"#));
        }
    }
}

#[tokio::test]
async fn a_discreet_application_sends_a_note_to_who_has_an_account() {
    let portal = Portal::start().await;
    for ((client, channel, address), key) in ADDRESSES.into_iter().zip(["+8613612345678", EMAIL]) {
        let body = portal.proof(client, channel, address).await;
        portal.sign_up(client, &body).await.sub();
        portal.wait_for_next_code();
        let answer = portal.send_code("discreet", channel, address).await;
        assert_eq!(answer.status, 200);
        assert!(answer.json()["otp_token"].is_string());
        let message = portal.0.message(channel, key).await;
        assert_eq!(message.kind.as_str(), "account-exists");
        assert_eq!(message.code, None);
        // The limits do not tell the two apart either.
        assert_eq!(
            portal.send_code("discreet", channel, address).await.status,
            400
        );
    }
}

#[tokio::test]
async fn a_channel_without_a_source_is_misconfigured() {
    let portal = Portal::start().await;
    portal.send_code("emails", Sms, PHONE).await.refuses(
        400,
        r#"{"error":"misconfigured","error_description":"No SMS OTP source is associated with the application."}"#,
    );
    portal.send_code("phones", Email, EMAIL).await.refuses(
        400,
        r#"{"error":"misconfigured","error_description":"No email OTP source is associated with the application."}"#,
    );
    portal.send_code("flow-off", Sms, PHONE).await.refuses(
        400,
        r#"{"error":"misconfigured","error_description":"Sign up flow of the application is not enabled."}"#,
    );
}

#[tokio::test]
async fn a_channel_that_is_switched_off_counts_as_no_source() {
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
    portal.send_code("mute", Sms, PHONE).await.refuses(
        400,
        r#"{"error":"misconfigured","error_description":"No SMS OTP source is associated with the application."}"#,
    );
}

#[tokio::test]
async fn an_address_gets_one_code_in_30_seconds() {
    let portal = Portal::start().await;
    for ((client, channel, address), refusal) in ADDRESSES.into_iter().zip([
        r#"{"error":"sms_rate_limit_exceeded","error_description":"SMS rate limit exceeded for same phone number"}"#,
        r#"{"error":"email_rate_limit_exceeded"}"#,
    ]) {
        assert_eq!(portal.send_code(client, channel, address).await.status, 200);
        portal.0.clock.advance(Duration::from_millis(29_999));
        portal.send_code(client, channel, address).await.refuses(400, refusal);
        portal.0.clock.advance(Duration::from_millis(1));
        assert_eq!(portal.send_code(client, channel, address).await.status, 200);
    }
}

#[tokio::test]
async fn an_address_gets_50_codes_in_a_day() {
    let portal = Portal::start().await;
    for _ in 0..50 {
        assert_eq!(portal.send_code("phones", Sms, PHONE).await.status, 200);
        portal.0.clock.advance(Duration::from_secs(30));
    }
    portal.send_code("phones", Sms, PHONE).await.refuses(
        400,
        r#"{"error":"sms_rate_limit_exceeded","error_description":"SMS rate limit exceeded for same phone number"}"#,
    );
    portal.0.clock.advance(Duration::from_secs(24 * 60 * 60));
    assert_eq!(portal.send_code("phones", Sms, PHONE).await.status, 200);
}

#[tokio::test]
async fn an_application_has_a_budget_for_each_channel() {
    let portal = Portal::start().await;
    for (channel, first, second, refusal) in [
        (
            Sms,
            PHONE,
            "13700000000",
            r#"{"error":"insufficient_sms_quota"}"#,
        ),
        (
            Email,
            EMAIL,
            "bob@example.com",
            r#"{"error":"insufficient_email_quota"}"#,
        ),
    ] {
        assert_eq!(
            portal
                .send_code("small-budget", channel, first)
                .await
                .status,
            200
        );
        portal
            .send_code("small-budget", channel, second)
            .await
            .refuses(400, refusal);
    }
}

#[tokio::test]
async fn a_country_has_a_budget_of_its_own() {
    let portal = Portal::start().await;
    let first = portal.send_code("some-countries", Sms, PHONE).await;
    assert_eq!(first.status, 200);
    let second = portal.send_code("some-countries", Sms, "13700000000").await;
    second.refuses(400, r#"{"error":"insufficient_sms_quota"}"#);
}

#[tokio::test]
async fn an_address_gets_no_more_codes_through_several_applications_of_a_tenant() {
    let portal = Portal::start().await;
    assert_eq!(portal.send_code("phones", Sms, PHONE).await.status, 200);
    portal.send_code("all", Sms, PHONE).await.refuses(
        400,
        r#"{"error":"sms_rate_limit_exceeded","error_description":"SMS rate limit exceeded for same phone number"}"#,
    );
}

#[tokio::test]
async fn a_client_address_that_asks_too_often_has_to_wait() {
    let portal = Portal::start().await;
    assert_eq!(portal.send_code("few-sends", Sms, PHONE).await.status, 200);
    let answer = portal.send_code("few-sends", Sms, "13700000000").await;
    answer.refuses(429, r#"{"error":"rate_limit_exceeded"}"#);
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3_600).contains(&wait), "{wait}");
}

#[tokio::test]
async fn a_message_is_in_the_language_that_was_asked_for() {
    let portal = Portal::start().await;
    for (address, language, locale) in [
        ("a@example.com", None, "zh-CN"),
        ("b@example.com", Some("zh-Hans"), "zh-CN"),
        ("c@example.com", Some("en-GB,en;q=0.9"), "en"),
    ] {
        let body = json!({"usage": "signup", "email": address});
        let mut request = portal.request("emails", "/otp/send").body(body.to_string());
        if let Some(language) = language {
            request = request.header("accept-language", language);
        }
        assert_eq!(send(request).await.status, 200);
        assert_eq!(portal.0.message(Email, address).await.locale, locale);
    }
}
