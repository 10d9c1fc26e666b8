//! Passwords.

use serde_json::{Value, json};

use crate::bytepower::{Answer, Bytepower, by_email, by_name};

async fn sign_up(service: &Bytepower, application: &str, name: &str, password: &str) -> Answer {
    let body = json!({"name_password": {"name": name, "password": password}});
    service.sign_up(application, &body).await
}

#[track_caller]
fn refused(answer: &Answer, problem: &str) {
    let message = format!("name_password.password: {problem}");
    answer.is_error(400, "invalid_password", &message);
}

#[tokio::test]
async fn a_password_of_72_bytes_is_the_longest_and_none_is_cut() {
    let service = Bytepower::start().await;
    let multi_byte = "x".repeat(69) + "密";
    for (name, password) in [
        ("a", "x".repeat(71)),
        ("b", "x".repeat(72)),
        ("c", multi_byte),
    ] {
        sign_up(&service, "shop", name, &password).await.user();
    }
    for password in ["x".repeat(73), "x".repeat(70) + "密"] {
        let answer = sign_up(&service, "shop", "d", &password).await;
        refused(&answer, "must be at most 72 bytes long");
    }
}

#[tokio::test]
async fn a_nul_byte_is_refused() {
    let service = Bytepower::start().await;
    for password in ["\0", "secret\0", "sec\0ret-word"] {
        let answer = sign_up(&service, "shop", "ann", password).await;
        refused(&answer, "must not contain a NUL byte");
    }
}

#[tokio::test]
async fn each_application_has_its_own_policy() {
    let service = Bytepower::start().await;
    for (application, password, problem) in [
        ("shop", "", "must have at least 6 characters"),
        ("shop", "12345", "must have at least 6 characters"),
        ("strict", "a1bcdef", "must have at least 8 characters"),
        ("strict", "password1", "is one of the most common passwords"),
        ("strict", "no numbers here", "must contain a digit"),
        (
            "strict",
            "Happymumu-99",
            "must not contain the user's own name, e-mail address or phone number",
        ),
    ] {
        let answer = sign_up(&service, application, "happymumu", password).await;
        refused(&answer, problem);
    }
    sign_up(&service, "shop", "happymumu", "123456")
        .await
        .user();
}

#[tokio::test]
async fn a_password_by_email_is_checked_the_same_way() {
    let service = Bytepower::start().await;
    for (password, problem) in [
        ("12345", "must have at least 8 characters"),
        (
            "happymumu-99",
            "must not contain the user's own name, e-mail address or phone number",
        ),
    ] {
        let mut body = by_email("happymumu@example.com");
        body["email_password"]["password"] = json!(password);
        let answer = service.sign_up("strict", &body).await;
        let message = format!("email_password.password: {problem}");
        answer.is_error(400, "invalid_password", &message);
    }
}

#[tokio::test]
async fn no_event_and_no_reply_carries_the_password() {
    let service = Bytepower::start().await;
    let answer = sign_up(&service, "shop", "ann", "correct-horse-battery").await;
    assert!(!answer.body.contains("correct-horse"));
    let events = Value::from(service.events().await).to_string();
    assert!(!events.contains("correct-horse") && !events.contains("$2b$"));
    // A hash that nobody could have made is no excuse: the user is there.
    service
        .sign_up("shop", &by_name("ANN"))
        .await
        .is_name_exists();
}
