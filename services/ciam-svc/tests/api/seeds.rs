//! The vendor's own examples get the vendor's own replies. Credentials, tokens and codes are put in when they are known.

use ciam_svc::{DEMO, PROVIDER, declarations};
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use signup_core::code::Channel;
use signup_testkit::TestService;

use crate::portal::{Answer, Portal, basic, send};

const DOCUMENTED_CREDENTIALS: &str = "VEVOQU5UX0NMSUVOVF9JRDpURU5BTlRfQ0xJRU5UX1NFQ1JFVA==";

async fn demo() -> Portal {
    Portal(TestService::start(&PROVIDER, declarations, DEMO).await)
}

/// Sends an example as it stands in the document, as this client, with further replacements.
async fn send_example(
    portal: &Portal,
    example: &str,
    client: &str,
    replacements: &[(&str, &str)],
) -> Answer {
    let (head, body) = example.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let mut start = lines.next().unwrap().split(' ');
    let method: Method = start.next().unwrap().parse().unwrap();
    let mut request = portal
        .0
        .http
        .request(method, portal.0.url(start.next().unwrap()));
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        if value.contains(DOCUMENTED_CREDENTIALS) {
            request = request.header(AUTHORIZATION, basic(client, &portal.secret(client)));
        } else {
            request = request.header(name, value);
        }
    }
    let body = replacements
        .iter()
        .fold(body.to_owned(), |body, (mock, real)| {
            body.replace(&format!("\"{mock}\""), &format!("\"{real}\""))
        });
    send(request.body(body)).await
}

#[tokio::test]
async fn the_example_with_a_user_name_signs_up() {
    let portal = demo().await;
    let example = include_str!("seed/username.txt");
    let answer = send_example(&portal, example, "demo-username", &[]).await;
    answer.sub();
    let again = send_example(&portal, example, "demo-username", &[]).await;
    again.refuses(400, r#"{"error":"duplicate_username"}"#);
}

#[tokio::test]
async fn the_example_with_an_email_address_and_a_nickname_signs_up() {
    let portal = demo().await;
    let address = "MOCK_USERNAME@example.com";
    let (token, code) = portal.code("demo-email", Channel::Email, address).await;
    let answer = send_example(
        &portal,
        include_str!("seed/email.txt"),
        "demo-email",
        &[("MOCK_EMAIL_OTP_TOKEN", &token), ("MOCK_EMAIL_OTP", &code)],
    )
    .await;
    let sub = answer.sub();
    let event = &portal.0.events_of("signup.user.created.v1").await[0];
    assert_eq!(event["subject"], sub);
    assert_eq!(event["data"]["profile"]["nickname"], "MOCK_NICKNAME");
}

#[tokio::test]
async fn the_example_with_a_phone_number_signs_up_without_a_password() {
    let portal = demo().await;
    let (token, code) = portal.code("demo-phone", Channel::Sms, "13612345678").await;
    let answer = send_example(
        &portal,
        include_str!("seed/phone.txt"),
        "demo-phone",
        &[
            ("MOCK_PHONE_NUMBER_OTP_TOKEN", &token),
            ("MOCK_PHONE_NUMBER_OTP", &code),
        ],
    )
    .await;
    answer.sub();
}

#[tokio::test]
async fn the_documents_placeholders_are_refused_as_they_stand() {
    let portal = demo().await;
    let answer = send_example(&portal, include_str!("seed/phone.txt"), "demo-phone", &[]).await;
    answer.refuses(400, r#"{"error":"bad_phone_number_otp_token"}"#);
    let answer = send_example(&portal, include_str!("seed/email.txt"), "demo-email", &[]).await;
    answer.refuses(400, r#"{"error":"bad_email_otp_token"}"#);
}
