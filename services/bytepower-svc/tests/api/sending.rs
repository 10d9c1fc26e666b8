//! Asking for a code.

use std::time::Duration;

use serde_json::{Value, json};
use signup_core::code::Channel;
use signup_notify::MessageKind;

use crate::bytepower::{
    Answer, Bytepower, CLIENT_SEND_CODE, SEND_CODE, answer, by_email, code_body, with_code,
};

const ANN: &str = "ann@example.com";

async fn ask(service: &Bytepower, application: &str, body: &Value) -> Answer {
    answer(service.server_request(SEND_CODE, application, &body.to_string())).await
}

#[tokio::test]
async fn apps_and_their_servers_get_an_empty_200_and_the_owner_gets_mail() {
    let service = Bytepower::start().await;
    service.ask_for_code("verified", ANN).await.is_empty_200();
    let by_server = service.message(Channel::Email, ANN).await;
    assert_eq!(by_server.kind, MessageKind::Code);
    assert_eq!(by_server.application, "verified");

    let body = code_body("bob@example.com").to_string();
    answer(service.client_request(CLIENT_SEND_CODE, "verified", &body))
        .await
        .is_empty_200();
    let by_client = service.message(Channel::Email, "bob@example.com").await;
    assert_eq!(by_client.kind, MessageKind::Code);
    assert_eq!(by_client.code.unwrap().len(), 6);
}

#[tokio::test]
async fn mail_goes_to_the_mailbox_as_typed_and_in_the_language_that_was_asked_for() {
    let service = Bytepower::start().await;
    let body = code_body("Ann@Example.COM").to_string();
    let request = service.server_request(SEND_CODE, "verified", &body);
    answer(request.header("accept-language", "en-GB,zh;q=0.5"))
        .await
        .is_empty_200();
    let message = service.message(Channel::Email, "Ann@example.com").await;
    assert_eq!(message.locale, "en");
    // What counts and compares has one spelling.
    let events = service.events_of("signup.otp.requested.v1").await;
    assert_eq!(events[0]["data"]["address"], ANN);
    assert_eq!(events[0]["data"]["mailbox"], "Ann@example.com");

    service
        .ask_for_code("verified", "bob@example.com")
        .await
        .is_empty_200();
    let message = service.message(Channel::Email, "bob@example.com").await;
    assert_eq!(message.locale, "zh-CN");
}

#[tokio::test]
async fn an_address_that_is_registered_gets_a_note_and_the_asker_the_same_answer() {
    let service = Bytepower::start().await;
    let code = service.new_code("verified", ANN).await;
    service
        .sign_up("verified", &with_code(ANN, &code))
        .await
        .user();
    service.clock.advance(Duration::from_secs(31));
    service
        .ask_for_code("verified", "Ann@Example.com")
        .await
        .is_empty_200();
    let note = service.message(Channel::Email, "Ann@example.com").await;
    assert_eq!(note.kind, MessageKind::AccountExists);
    assert_eq!(note.code, None);
    // The limits are the same as well.
    service.ask_for_code("verified", ANN).await.is_limited();
    // Another application's users are not this one's.
    service.ask_for_code("other", ANN).await.is_empty_200();
    let message = service.message(Channel::Email, ANN).await;
    assert_eq!(message.kind, MessageKind::Code);
}

#[tokio::test]
async fn codes_can_be_asked_for_where_nobody_has_to_send_one() {
    let service = Bytepower::start().await;
    service.ask_for_code("shop", ANN).await.is_empty_200();
    service.sign_up("shop", &by_email(ANN)).await.user();
}

#[tokio::test]
async fn one_address_gets_one_code_in_30_seconds() {
    let service = Bytepower::start().await;
    service.ask_for_code("verified", ANN).await.is_empty_200();
    let limited = service.ask_for_code("verified", "ANN@example.com").await;
    limited.is_limited();
    assert!(limited.retry_after() <= 30, "{limited:?}");
    service
        .ask_for_code("verified", "bob@example.com")
        .await
        .is_empty_200();
    service.clock.advance(Duration::from_secs(30));
    service.ask_for_code("verified", ANN).await.is_empty_200();
}

#[tokio::test]
async fn one_address_gets_50_codes_a_day() {
    let service = Bytepower::start().await;
    for _ in 0..50 {
        service.ask_for_code("verified", ANN).await.is_empty_200();
        service.clock.advance(Duration::from_secs(30));
    }
    let limited = service.ask_for_code("verified", ANN).await;
    limited.is_limited();
    assert!(limited.retry_after() > 3600, "{limited:?}");
}

#[tokio::test]
async fn one_client_gets_as_many_codes_as_the_application_says_whatever_the_addresses() {
    let service = Bytepower::start().await;
    for email in [ANN, "bob@example.com"] {
        service
            .ask_for_code("impatient", email)
            .await
            .is_empty_200();
    }
    let limited = service.ask_for_code("impatient", "carl@example.com").await;
    limited.is_limited();
    assert!(limited.retry_after() <= 3600, "{limited:?}");
}

#[tokio::test]
async fn a_request_that_lacks_something_is_refused() {
    let service = Bytepower::start().await;
    for (field, value, problem) in [
        ("email", Value::Null, "is required"),
        ("email", json!(7), "must be a string"),
        ("email", json!(""), "must not be empty"),
        (
            "email",
            json!("ann"),
            "is not an e-mail address of the form name@domain",
        ),
        ("platform", Value::Null, "is required"),
        ("platform", json!("web"), "must be ios, android or website"),
        ("platform", json!([]), "must be a string"),
        ("type", Value::Null, "is required"),
        (
            "type",
            json!("sign_up_phone"),
            "must be sign_up_email or login_email",
        ),
        ("type", json!({}), "must be a string"),
    ] {
        let mut body = code_body(ANN);
        body[field] = value;
        let message = format!("{field}: {problem}");
        ask(&service, "verified", &body).await.is_invalid(&message);
        body.as_object_mut().unwrap().remove(field);
        let message = format!("{field}: is required");
        ask(&service, "verified", &body).await.is_invalid(&message);
    }
    ask(&service, "verified", &json!([]))
        .await
        .is_invalid("body: must be a JSON object");
    let twice = format!("{{\"email\":\"{ANN}\",\"email\":\"{ANN}\"}}");
    answer(service.server_request(SEND_CODE, "verified", &twice))
        .await
        .is_invalid("email: must not occur twice");
    assert!(service.events().await.is_empty());
}

#[tokio::test]
async fn platform_and_purpose_may_be_any_that_the_vendor_knows() {
    let service = Bytepower::start().await;
    for platform in ["website", "ios", "android"] {
        let mut body = code_body(&format!("{platform}@example.com"));
        body["platform"] = json!(platform);
        ask(&service, "verified", &body).await.is_empty_200();
    }
    let mut body = code_body(ANN);
    body["type"] = json!("login_email");
    ask(&service, "verified", &body).await.is_error(
        417,
        "config_invalid",
        "configuration is not valid.",
    );
}
