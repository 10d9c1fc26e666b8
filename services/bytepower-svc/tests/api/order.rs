//! Which fault is told when there are several: the order that the API's description gives.

use reqwest::RequestBuilder;

use crate::bytepower::{
    Answer, Bytepower, SEND_CODE, SIGN_UP, TOKEN, another_code, answer, by_email, with_code,
};

/// A request with every fault that the steps before `repaired` have not taken away.
fn faulty(service: &Bytepower, path: &str, application: &str, repaired: usize) -> RequestBuilder {
    let mut request = service.http.post(service.url(path));
    if repaired < 1 {
        request = request.header("accept", "application/vnd.bytepower.v9+json");
    }
    if repaired >= 2 {
        request = request.header(TOKEN, service.token(application));
    }
    if repaired >= 3 {
        request = request.header("content-type", "application/json");
    }
    if repaired < 4 {
        request = request.header("idempotency-key", "not a key");
    }
    request.body("{")
}

async fn error_type(request: RequestBuilder) -> String {
    let answer: Answer = answer(request).await;
    answer.json()["error"]["error_type"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn version_then_token_then_application_then_type_then_key_then_body() {
    let service = Bytepower::start().await;
    for (path, out_of_service) in [(SIGN_UP, 500), (SEND_CODE, 417)] {
        assert_eq!(
            error_type(faulty(&service, path, "shop", 0)).await,
            "invalid_api_version"
        );
        assert_eq!(
            error_type(faulty(&service, path, "shop", 1)).await,
            "unauthorized"
        );
        let disabled = answer(faulty(&service, path, "disabled", 2)).await;
        disabled.is_error(
            out_of_service,
            "config_invalid",
            "configuration is not valid.",
        );
        assert_eq!(
            error_type(faulty(&service, path, "shop", 2)).await,
            "unsupported_media_type"
        );
        let bad_key = answer(faulty(&service, path, "shop", 3)).await;
        assert!(bad_key.body.contains("Idempotency-Key: "), "{bad_key:?}");
        answer(faulty(&service, path, "shop", 4))
            .await
            .is_invalid("body: is not valid JSON at line 1, column 1");
    }
}

#[tokio::test]
async fn the_size_of_the_body_comes_before_all_that() {
    let service = Bytepower::start().await;
    let request = faulty(&service, SIGN_UP, "shop", 0).body("x".repeat(65_537));
    assert_eq!(error_type(request).await, "payload_too_large");
}

#[tokio::test]
async fn the_limit_comes_before_the_content_type() {
    let service = Bytepower::start().await;
    for expected in [
        "unsupported_media_type",
        "unsupported_media_type",
        "api_rate_limit",
    ] {
        let request = faulty(&service, SIGN_UP, "impatient", 2);
        assert_eq!(error_type(request).await, expected);
    }
    // Who proves nothing does not use up the attempts of others, and is not told about them.
    let request = faulty(&service, SIGN_UP, "impatient", 1);
    assert_eq!(error_type(request).await, "unauthorized");
}

#[tokio::test]
async fn fields_then_policy_then_code_then_uniqueness() {
    let service = Bytepower::start().await;
    let email = "ann@example.com";
    let code = service.new_code("verified", email).await;
    service
        .sign_up("verified", &with_code(email, &code))
        .await
        .user();

    let mut body = with_code(email, &another_code(&code));
    body["email_password"]["password"] = "short".into();
    body["platform"] = "abacus".into();
    let refused = service.sign_up("verified", &body).await;
    refused.is_invalid("platform: must be ios, android or website");

    body["platform"] = "ios".into();
    let refused = service.sign_up("verified", &body).await;
    let message = "email_password.password: must have at least 8 characters";
    refused.is_error(400, "invalid_password", message);

    let refused = service.sign_up("verified", &by_email(email)).await;
    refused.is_wrong_code();
}
