//! The examples of seed 000, sent as a reader would: without the comments.

use serde_json::{Value, json};
use signup_core::code::Channel;

use crate::bytepower::{Answer, Bytepower, SIGN_UP, TOKEN, answer};

const NAME_PASSWORD: &str = include_str!("seed/name_password.txt");
const EMAIL_PASSWORD: &str = include_str!("seed/email_password.txt");

/// Takes out everything from `//` to the end of the line, unless it stands within a text.
fn without_comments(example: &str) -> String {
    let lines = example.lines().map(|line| {
        let in_text = |at: usize| line[..at].matches('"').count() % 2 == 1;
        let comment = line.match_indices("//").find(|(at, _)| !in_text(*at));
        comment.map_or(line, |(at, _)| &line[..at])
    });
    lines.collect::<Vec<_>>().join("\n")
}

async fn send(service: &Bytepower, application: &str, body: String) -> Answer {
    let request = service
        .post(SIGN_UP, body)
        .header("Accept", "application/vnd.bytepower.v1+json")
        .header(TOKEN, service.token(application));
    answer(request).await
}

/// Checks the reply against the seed's: these fields, and a `uid` of its form.
#[track_caller]
fn is_reply(answer: &Answer, mut expected: Value) {
    let user = answer.user();
    let uid = user["uid"].as_str().unwrap();
    let digits = uid.strip_prefix('u').unwrap();
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{uid}");
    expected["uid"] = json!(uid);
    assert_eq!(user, expected);
    assert_eq!(answer.json().as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn the_first_example_signs_up_by_name() {
    let service = Bytepower::start().await;
    let answer = send(&service, "shop", without_comments(NAME_PASSWORD)).await;
    is_reply(
        &answer,
        json!({"name": "username", "social_accounts": [], "cuid": "test_custom_uid"}),
    );
    let event = service.user_created().await;
    let data = &event["data"];
    assert_eq!(
        data["identifiers"],
        json!({"username": {"value": "username", "verified": false}})
    );
    assert_eq!(data["profile"], profile_of(NAME_PASSWORD));
    assert_eq!(data["user"]["id"], answer.user()["uid"]);
    assert_eq!(data["user"]["application"], "shop");
    assert_eq!(event["source"], "/bytepower/shop/shop");
}

#[tokio::test]
async fn the_second_example_signs_up_by_email_and_its_code_is_not_looked_at() {
    let service = Bytepower::start().await;
    let answer = send(&service, "shop", without_comments(EMAIL_PASSWORD)).await;
    let email = "mou@ihandysoft.com";
    is_reply(
        &answer,
        json!({"email": email, "social_accounts": [], "cuid": "test_custom_uid"}),
    );
    let data = &service.user_created().await["data"];
    assert_eq!(
        data["identifiers"],
        json!({"email": {"value": email, "verified": false}})
    );
    let mut profile = profile_of(EMAIL_PASSWORD);
    profile["email_password"] = json!({"platform": "website"});
    assert_eq!(data["profile"], profile);
}

#[tokio::test]
async fn the_second_example_signs_up_with_a_code_where_the_console_asks_for_one() {
    let service = Bytepower::start().await;
    // The example's password is too weak for this application, and its code is not the one in the mail.
    let code = service.new_code("verified", "mou@ihandysoft.com").await;
    let mut body: Value = serde_json::from_str(&without_comments(EMAIL_PASSWORD)).unwrap();
    body["email_password"]["verify_code"] = json!(code);
    body["email_password"]["password"] = json!("a better one");
    let answer = send(&service, "verified", body.to_string()).await;
    assert_eq!(answer.user()["email"], "mou@ihandysoft.com");
    assert_eq!(
        service
            .message(Channel::Email, "mou@ihandysoft.com")
            .await
            .code,
        Some(code)
    );
    let data = &service.user_created().await["data"];
    assert_eq!(data["identifiers"]["email"]["verified"], true);
}

/// The fields of an example beside its form.
fn profile_of(example: &str) -> Value {
    let mut body: Value = serde_json::from_str(&without_comments(example)).unwrap();
    let fields = body.as_object_mut().unwrap();
    fields.retain(|_, value| value.is_string());
    assert_eq!(fields.len(), 15);
    body
}
