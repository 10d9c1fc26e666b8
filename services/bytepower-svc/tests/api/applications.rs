//! Applications that are out of service, and declarations.

use std::path::Path;

use bytepower_svc::{DEMO, declarations};
use serde_json::json;
use signup_core::credential::CredentialKind;
use signup_store::Change;

use crate::bytepower::{
    Answer, Bytepower, CLIENT_SEND_CODE, CLIENT_SIGN_UP, SEND_CODE, SIGN_UP, answer, by_email,
    by_name, code_body, with_code,
};

#[track_caller]
fn is_config_invalid(answer: &Answer, status: u16) {
    answer.is_error(status, "config_invalid", "configuration is not valid.");
}

#[tokio::test]
async fn a_disabled_application_signs_nobody_up_and_sends_nothing() {
    let service = Bytepower::start().await;
    let (sign_up, code) = (
        by_name("ann").to_string(),
        code_body("a@example.com").to_string(),
    );
    let answer_of = |request| async { answer(request).await };
    let refused = answer_of(service.server_request(SIGN_UP, "disabled", &sign_up)).await;
    is_config_invalid(&refused, 500);
    let refused = answer_of(service.client_request(CLIENT_SIGN_UP, "disabled", &sign_up)).await;
    is_config_invalid(&refused, 500);
    let refused = answer_of(service.server_request(SEND_CODE, "disabled", &code)).await;
    is_config_invalid(&refused, 417);
    let refused = answer_of(service.client_request(CLIENT_SEND_CODE, "disabled", &code)).await;
    is_config_invalid(&refused, 417);
    assert_eq!(service.user_count().await, 0);
    assert!(service.events().await.is_empty());
}

#[tokio::test]
async fn an_application_without_mail_cannot_verify_addresses() {
    let service = Bytepower::start().await;
    let refused = service.ask_for_code("no-mail", "ann@example.com").await;
    is_config_invalid(&refused, 417);
    let refused = service
        .sign_up("no-mail", &by_email("ann@example.com"))
        .await;
    is_config_invalid(&refused, 500);
    let refused = service
        .sign_up("no-mail", &with_code("ann@example.com", "123456"))
        .await;
    is_config_invalid(&refused, 500);
    service.sign_up("no-mail", &by_name("ann")).await.user();
}

#[tokio::test]
async fn an_application_that_is_switched_off_stops_at_once_and_comes_back() {
    let service = Bytepower::start().await;
    let declare = |enabled: bool| {
        format!("provider = \"bytepower\"\n[[application]]\nid = \"shop\"\nenabled = {enabled}\n")
    };
    service.apply(&declare(false)).await;
    is_config_invalid(&service.sign_up("shop", &by_name("ann")).await, 500);
    service.apply(&declare(true)).await;
    service.sign_up("shop", &by_name("ann")).await.user();
}

#[tokio::test]
async fn an_application_whose_stored_settings_cannot_be_read_is_out_of_service() {
    let service = Bytepower::start().await;
    let (app, store) = (&service.app, &service.app.store);
    for broken in ["settings", "rules"] {
        let stored = store.declarations().await.unwrap().applications;
        let mut shop = stored.into_iter().find(|other| other.id == "shop").unwrap();
        // As a newer version might have written them.
        match broken {
            "settings" => shop.settings = json!({"of_a_newer_version": true}),
            _ => shop.rules = json!({"of_a_newer_version": true}),
        }
        let change = Change::PutApplication(shop);
        store.change_declarations(vec![change]).await.unwrap();
        app.catalog.refresh(store, &app.keys).await.unwrap();
        is_config_invalid(&service.sign_up("shop", &by_name("ann")).await, 500);
        is_config_invalid(&service.ask_for_code("shop", "a@example.com").await, 417);
        // Nobody learns of it who has not proved to be the application.
        let request = service.post(SIGN_UP, by_name("ann").to_string());
        answer(request).await.is_unauthorized();
    }
}

#[tokio::test]
async fn attempts_are_limited_per_client_and_told_when_to_come_back() {
    let service = Bytepower::start().await;
    service.sign_up("impatient", &by_name("a")).await.user();
    let body = by_name("b").to_string();
    answer(service.client_request(CLIENT_SIGN_UP, "impatient", &body))
        .await
        .user();
    let limited = service.sign_up("impatient", &by_name("c")).await;
    limited.is_limited();
    assert!(limited.retry_after() <= 30, "{limited:?}");
    service.sign_up("shop", &by_name("c")).await.user();
}

#[tokio::test]
async fn the_demo_applications_work_as_they_are_declared() {
    let service = Bytepower::start().await;
    service.apply(DEMO).await;
    let weak = json!({"name_password": {"name": "username", "password": "123456"}});
    service.sign_up("demo", &weak).await.user();
    let code = service.new_code("demo-verified", "ann@example.com").await;
    let body = with_code("ann@example.com", &code).to_string();
    answer(service.client_request(CLIENT_SIGN_UP, "demo-verified", &body))
        .await
        .user();
    service.secret(CredentialKind::ClientKey, "demo-client");
}

#[test]
fn a_declaration_that_cannot_work_is_refused_with_its_line() {
    for (settings, problem) in [
        ("verifcation = true", "verifcation"),
        ("token_tolerance_seconds = 0", "token_tolerance_seconds"),
        ("token_tolerance_seconds = 3601", "token_tolerance_seconds"),
        ("response_edition = \"2024\"", "2025"),
    ] {
        let text = format!(
            "provider = \"bytepower\"\n[[application]]\nid = \"a\"\n[application.settings]\n{settings}\n"
        );
        let refusal = declarations(Path::new("apps.toml"), &text).unwrap_err();
        assert!(refusal.to_string().starts_with("apps.toml:"), "{refusal}");
        assert!(refusal.problem.contains(problem), "{refusal}");
    }
    let text = "provider = \"bytepower\"\n[[application]]\nid = \"a\"\n\
                [[application.credential]]\nkind = \"signing-key\"\nid = \"k\"\n";
    let refusal = declarations(Path::new("apps.toml"), text).unwrap_err();
    assert!(
        refusal.problem.contains("server-key, client-key"),
        "{refusal}"
    );
}
