//! Sign-up verification: the code that proves an e-mail address.

use std::time::Duration;

use crate::bytepower::{
    Bytepower, CLIENT_SIGN_UP, another_code, answer, by_email, by_name, with_code,
};

const ANN: &str = "ann@example.com";

#[tokio::test]
async fn the_code_from_the_mail_signs_up_and_proves_the_address() {
    let service = Bytepower::start().await;
    let code = service.new_code("verified", ANN).await;
    assert_eq!(code.len(), 6);
    assert!(code.bytes().all(|byte| byte.is_ascii_digit()));
    let user = service.sign_up("verified", &with_code(ANN, &code)).await;
    assert_eq!(user.user()["email"], ANN);
    let event = service.user_created().await;
    assert_eq!(event["data"]["identifiers"]["email"]["verified"], true);
    assert!(
        !event.to_string().contains(&code),
        "the code is in the event"
    );
}

#[tokio::test]
async fn an_app_signs_up_with_a_code_as_its_server_does() {
    let service = Bytepower::start().await;
    let code = service.new_code("verified", ANN).await;
    let body = with_code(ANN, &code).to_string();
    answer(service.client_request(CLIENT_SIGN_UP, "verified", &body))
        .await
        .user();
}

#[tokio::test]
async fn a_missing_code_is_refused_and_uses_up_no_try() {
    let service = Bytepower::start().await;
    let code = service.new_code("verified", ANN).await;
    for _ in 0..6 {
        service
            .sign_up("verified", &by_email(ANN))
            .await
            .is_wrong_code();
        service
            .sign_up("verified", &with_code(ANN, ""))
            .await
            .is_wrong_code();
    }
    service
        .sign_up("verified", &with_code(ANN, &code))
        .await
        .user();
}

#[tokio::test]
async fn a_code_that_was_never_sent_is_refused() {
    let service = Bytepower::start().await;
    service
        .sign_up("verified", &with_code(ANN, "123456"))
        .await
        .is_wrong_code();
    assert_eq!(service.user_count().await, 0);
}

#[tokio::test]
async fn four_wrong_tries_are_forgiven() {
    let service = Bytepower::start().await;
    let code = service.new_code("verified", ANN).await;
    let wrong = another_code(&code);
    for attempt in [&wrong, "12345", "1234567", "abcdef"] {
        service
            .sign_up("verified", &with_code(ANN, attempt))
            .await
            .is_wrong_code();
    }
    service
        .sign_up("verified", &with_code(ANN, &code))
        .await
        .user();
}

#[tokio::test]
async fn five_wrong_tries_kill_a_code_and_a_new_one_works() {
    let service = Bytepower::start().await;
    let code = service.new_code("verified", ANN).await;
    let wrong = with_code(ANN, &another_code(&code));
    for _ in 0..5 {
        service.sign_up("verified", &wrong).await.is_wrong_code();
    }
    service
        .sign_up("verified", &with_code(ANN, &code))
        .await
        .is_wrong_code();
    let code = service.new_code("verified", ANN).await;
    service
        .sign_up("verified", &with_code(ANN, &code))
        .await
        .user();
}

#[tokio::test]
async fn a_code_expires_after_ten_minutes() {
    let service = Bytepower::start().await;
    let code = service.new_code("verified", ANN).await;
    service.clock.advance(Duration::from_secs(600));
    service
        .sign_up("verified", &with_code(ANN, &code))
        .await
        .is_wrong_code();
    let code = service.new_code("verified", ANN).await;
    service.clock.advance(Duration::from_millis(599_999));
    service
        .sign_up("verified", &with_code(ANN, &code))
        .await
        .user();
}

#[tokio::test]
async fn a_new_code_takes_the_place_of_the_older_one() {
    let service = Bytepower::start().await;
    let older = service.new_code("verified", ANN).await;
    let newer = service.new_code("verified", ANN).await;
    service
        .sign_up("verified", &with_code(ANN, &older))
        .await
        .is_wrong_code();
    service
        .sign_up("verified", &with_code(ANN, &newer))
        .await
        .user();
}

#[tokio::test]
async fn a_code_works_once() {
    let service = Bytepower::start().await;
    let code = service.new_code("verified", ANN).await;
    let body = with_code(ANN, &code);
    service.sign_up("verified", &body).await.user();
    // Not `email_exists`: whoever holds no live code does not learn that.
    service.sign_up("verified", &body).await.is_wrong_code();
}

#[tokio::test]
async fn a_code_is_good_for_its_own_application_and_address_only() {
    let service = Bytepower::start().await;
    let code = service.new_code("verified", ANN).await;
    service
        .sign_up("other", &with_code(ANN, &code))
        .await
        .is_wrong_code();
    service
        .sign_up("verified", &with_code("bob@example.com", &code))
        .await
        .is_wrong_code();
    service
        .sign_up("verified", &with_code("Ann@EXAMPLE.com", &code))
        .await
        .user();
}

#[tokio::test]
async fn a_refused_password_does_not_use_up_the_code() {
    let service = Bytepower::start().await;
    let code = service.new_code("verified", ANN).await;
    let mut body = with_code(ANN, &code);
    body["email_password"]["password"] = "short".into();
    let refused = service.sign_up("verified", &body).await;
    assert_eq!(refused.json()["error"]["error_type"], "invalid_password");
    service
        .sign_up("verified", &with_code(ANN, &code))
        .await
        .user();
}

#[tokio::test]
async fn without_verification_no_code_is_looked_at_and_no_address_is_proven() {
    let service = Bytepower::start().await;
    service
        .sign_up("shop", &with_code(ANN, "nonsense"))
        .await
        .user();
    let event = service.user_created().await;
    assert_eq!(event["data"]["identifiers"]["email"]["verified"], false);
}

#[tokio::test]
async fn a_sign_up_by_name_needs_no_code() {
    let service = Bytepower::start().await;
    service.sign_up("verified", &by_name("ann")).await.user();
    let event = service.user_created().await;
    assert_eq!(event["data"]["identifiers"]["username"]["verified"], false);
}

#[tokio::test]
async fn of_many_sign_ups_with_the_same_code_one_wins() {
    let service = Bytepower::start().await;
    let code = service.new_code("verified", ANN).await;
    let body = with_code(ANN, &code);
    let answers = futures_util::future::join_all(
        std::iter::repeat_with(|| service.sign_up("verified", &body)).take(20),
    )
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    lost.iter().for_each(|answer| answer.is_wrong_code());
    assert_eq!(service.user_count().await, 1);
}
