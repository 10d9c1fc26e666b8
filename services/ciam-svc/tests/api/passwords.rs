//! Which passwords are taken: all of one, or none.

use serde_json::json;

use crate::portal::{Answer, Portal};

const INVALID: &str = r#"{"error":"invalid_password"}"#;

async fn sign_up(portal: &Portal, username: &str, password: &str) -> Answer {
    let body = json!({"username": username, "password": password});
    portal.sign_up("names", &body).await
}

#[tokio::test]
async fn a_password_has_at_most_72_bytes_and_none_is_cut_off() {
    let portal = Portal::start().await;
    let good = [
        "x".repeat(71),
        "x".repeat(72),
        "密".repeat(24),
        "x".repeat(69) + "密",
    ];
    for (number, password) in good.iter().enumerate() {
        sign_up(&portal, &format!("u{number}"), password)
            .await
            .sub();
    }
    for password in ["x".repeat(73), "x".repeat(70) + "密", "密".repeat(24) + "x"] {
        sign_up(&portal, "ann", &password)
            .await
            .refuses(400, INVALID);
    }
}

#[tokio::test]
async fn a_password_holds_no_nul_byte() {
    let portal = Portal::start().await;
    for password in ["\0correct horse", "correct\0horse", "correct horse\0"] {
        sign_up(&portal, "ann", password)
            .await
            .refuses(400, INVALID);
    }
}

#[tokio::test]
async fn a_password_meets_the_applications_policy() {
    let portal = Portal::start().await;
    for password in ["", "1234567", "password", "PassWord", "happymumu99"] {
        let answer = sign_up(&portal, "happymumu", password).await;
        answer.refuses(400, INVALID);
    }
    sign_up(&portal, "happymumu", "密码密码密码密码")
        .await
        .sub();
    assert_eq!(portal.0.user_count().await, 1);
}
