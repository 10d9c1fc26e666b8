//! What must never be in a log, however much is logged.

use std::fs;

use serde_json::{Value, json};
use signup_testkit::eventually;

use crate::stack::{PATIENCE, Stack, dev, environment, replies, shell};

const EMAIL: &str = "quentin.tarantella@example.com";
const PASSWORD: &str = "Correct-Horse-77-Battery";
const NICKNAME: &str = "Quentinissimo";

#[tokio::test(flavor = "multi_thread")]
async fn no_log_at_any_level_holds_a_secret_or_a_whole_identifier() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = dev(folder.path());
    command.env("SIGNUP__LOG__LEVEL", "trace");
    let stack = Stack::start(command);
    for call in stack.calls() {
        let script = format!("{}\n{call}", stack.source());
        replies(&shell("bash", folder.path(), &script));
    }
    let environment = environment(folder.path());
    let email_code = sign_up_by_email(&environment).await;
    let inbox = inbox(&environment["INBOX_URL"]).await;
    stack.stop().await;

    let log = fs::read_to_string(folder.path().join(".signup/dev.log")).unwrap();
    // Not a log that is silent because nothing happened or the level is too low.
    assert!(log.contains("POST /signup") && log.contains("TRACE"));

    let mut secrets = vec![EMAIL.to_owned(), PASSWORD.into(), NICKNAME.into()];
    secrets.extend(["MOCK_PASSWORD".into(), "a long password".into()]);
    for (name, value) in &environment {
        if name.ends_with("_SECRET") || name.ends_with("_TOKEN") {
            secrets.push(value.clone());
        }
    }
    for message in &inbox {
        let address = message["address"].as_str().unwrap();
        secrets.push(address.trim_start_matches("+86").to_owned());
    }
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "the log holds {secret}");
    }

    // Six digits can be part of an id by chance; as a word of their own they are a code.
    let mut codes: Vec<&str> = inbox
        .iter()
        .filter_map(|one| one["code"].as_str())
        .collect();
    codes.push(&email_code);
    assert!(codes.len() > 3);
    let mut words = log.split(|letter: char| !letter.is_alphanumeric());
    let found = words.find(|word| codes.contains(word));
    assert_eq!(found, None, "the log holds a code");
}

/// Signs up through the CIAM API with an e-mail address and its code, after a wrong try, and returns the code.
async fn sign_up_by_email(environment: &std::collections::BTreeMap<String, String>) -> String {
    let http = reqwest::Client::new();
    let post = async |path: &str, body: Value| -> Value {
        let request = http
            .post(format!("{}{path}", environment["CIAM_URL"]))
            .basic_auth(
                &environment["CIAM_EMAIL_CLIENT_ID"],
                Some(&environment["CIAM_EMAIL_CLIENT_SECRET"]),
            )
            .json(&body);
        request.send().await.unwrap().json().await.unwrap()
    };
    let sent = post("/otp/send", json!({"usage": "signup", "email": EMAIL})).await;
    let code = eventually(PATIENCE, async || {
        let messages = inbox(&environment["INBOX_URL"]).await;
        let mine = messages.iter().find(|one| one["address"] == EMAIL);
        mine.and_then(|one| Some(one["code"].as_str()?.to_owned()))
            .ok_or("no message to the address")
    })
    .await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for otp in [wrong, &code] {
        let body = json!({
            "email": EMAIL,
            "email_otp_token": sent["otp_token"],
            "email_otp": otp,
            "password": PASSWORD,
            "nickname": NICKNAME,
        });
        let reply = post("/signup", body).await;
        assert_eq!(reply["sub"].is_string(), otp == code, "{reply}");
    }
    code
}

async fn inbox(url: &str) -> Vec<Value> {
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}
