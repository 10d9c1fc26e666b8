//! The published description of the API, made from the types and errors that the service itself works with.

mod description;
mod errors;
mod headers;

use serde_json::{Value, json};
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{Components, RefOr};
use utoipa::{Modify, OpenApi};

use crate::api::{sign_up, verify_code};
use crate::auth::{AUTH_TOKEN, SIGN};
use crate::error::ErrorBody;

/// Where the schemas are that operations refer to.
const JSON: &str = "application/json";

#[derive(OpenApi)]
#[openapi(
    info(title = "BytePower sign-up 用户注册", description = description::TEXT),
    tags(
        (name = "Sign-up", description = "Creating users. 注册"),
        (name = "Verification codes", description = "Codes that prove e-mail addresses. 邮箱验证码"),
    ),
    paths(sign_up::by_server, sign_up::by_client, verify_code::by_server, verify_code::by_client),
    components(schemas(ErrorBody)),
    modifiers(&Completion)
)]
struct Api;

/// The OpenAPI document.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// Adds what all operations have in common.
struct Completion;

impl Modify for Completion {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("auth_token", key(AUTH_TOKEN, description::AUTH_TOKEN));
        components.add_security_scheme("sign", key(SIGN, description::SIGN));
        for (path, item) in &mut document.paths.paths {
            let Some(operation) = &mut item.post else {
                continue;
            };
            let is_sign_up = path.ends_with("/signup");
            headers::add(operation, is_sign_up);
            errors::add(operation, is_sign_up);
            add_examples(operation, is_sign_up);
        }
    }
}

fn key(header: &str, description: &str) -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        header,
        description,
    )))
}

fn add_examples(operation: &mut Operation, is_sign_up: bool) {
    let body = operation.request_body.as_mut();
    if let Some(RefOr::T(body)) = body
        && let Some(RefOr::T(content)) = body.content.get_mut(JSON)
    {
        let examples = if is_sign_up {
            sign_up_requests()
        } else {
            vec![(
                "sign_up_email",
                "A code to sign up with (vendor)",
                code_request(),
            )]
        };
        content.examples.extend(named(examples));
    }
    let reply = operation.responses.responses.get_mut("200");
    if let Some(RefOr::T(reply)) = reply
        && let Some(RefOr::T(content)) = reply.content.get_mut(JSON)
    {
        content.examples.extend(named(user_replies()));
    }
}

fn named(
    examples: Vec<(&'static str, &'static str, Value)>,
) -> impl Iterator<Item = (String, RefOr<Example>)> {
    examples.into_iter().map(|(name, summary, value)| {
        let example = ExampleBuilder::new().summary(summary).value(Some(value));
        (name.to_owned(), RefOr::T(example.build()))
    })
}

fn sign_up_requests() -> Vec<(&'static str, &'static str, Value)> {
    let by_name = json!({
        "name_password": {"name": "happymumu", "password": "123456"},
        "login_device_id": "login_device_id",
        "cuid": "test_custom_uid",
        "platform": "ios",
    });
    let by_email = json!({
        "email_password": {
            "email": "happymumu@example.com",
            "password": "123456",
            "verify_code": "123456",
            "platform": "website",
        },
        "cuid": "test_custom_uid",
    });
    vec![
        ("name_password", "By name 用户名密码注册", by_name),
        ("email_password", "By e-mail 邮箱注册", by_email),
    ]
}

fn code_request() -> Value {
    json!({"email": "happymumu@example.com", "platform": "website", "type": "sign_up_email"})
}

fn user_replies() -> Vec<(&'static str, &'static str, Value)> {
    let seed = json!({"user": {
        "uid": "u482915730264118",
        "social_accounts": [],
        "email": "happymumu@example.com",
        "cuid": "test_custom_uid",
    }});
    let of_2025 = json!({"user": {
        "uid": "u482915730264118",
        "social_accounts": [],
        "email": {"email_address": "happymumu@example.com", "verified": true},
        "cuid": "test_custom_uid",
        "create_time": 1_726_658_461_000_i64,
        "is_new_user": true,
    }});
    vec![
        ("seed", "Edition \"seed\" (seed 000)", seed),
        ("2025", "Edition \"2025\" (vendor)", of_2025),
    ]
}
