//! The errors of operations. Status, type and message of each are those of the service's own [`Error`].

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::to_value;
use signup_core::password::PasswordError;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Type};

use super::JSON;
use super::headers::header;
use crate::error::Error;

/// An error that an operation may answer with: an example, and when, with the source of the rule.
type Row = (Error, &'static str);

/// Adds an operation's errors.
pub(super) fn add(operation: &mut Operation, is_sign_up: bool) {
    let own = if is_sign_up { sign_up() } else { code() };
    let mut by_status: BTreeMap<u16, Vec<Row>> = BTreeMap::new();
    for row in shared().into_iter().chain(own) {
        by_status.entry(row.0.status()).or_default().push(row);
    }
    for (status, rows) in by_status {
        let response = response(status, &rows);
        operation
            .responses
            .responses
            .insert(status.to_string(), RefOr::T(response));
    }
}

fn response(status: u16, rows: &[Row]) -> Response {
    let description: Vec<String> = rows
        .iter()
        .map(|(error, when)| format!("`{}`: {when}", error.error_type()))
        .collect();
    let examples = rows.iter().map(|(error, _)| {
        let body = to_value(error.body()).unwrap_or_default();
        let example = ExampleBuilder::new()
            .summary(error.error_type())
            .value(Some(body));
        (error.error_type(), example.build())
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("ErrorBody")))
        .examples_from_iter(examples);
    let response = ResponseBuilder::new()
        .description(description.join("\n\n"))
        .content(JSON, content.build());
    match status {
        405 => response.header(
            "Allow",
            header(
                "The method that is allowed (RFC 9110).",
                "POST",
                Type::String,
            ),
        ),
        429 | 503 => response.header(
            "Retry-After",
            header(
                "When to try again, in seconds (RFC 9110).",
                30,
                Type::Integer,
            ),
        ),
        _ => response,
    }
    .build()
}

fn shared() -> Vec<Row> {
    vec![
        (
            Error::InvalidApiVersion,
            "`Accept` asks for another version of the API (seed 000).",
        ),
        (
            Error::invalid("name_password.name", "must not be empty"),
            "the body is no JSON object, or a field is missing or holds what it must not; the message names the field \
             (vendor). Also a malformed `Idempotency-Key` (our choice).",
        ),
        (
            Error::Unauthorized,
            "the token or signature is missing, malformed, made with another algorithm, with an unknown key or a key of \
             another application, wrong, or outside its time (our choice).",
        ),
        (
            Error::NotFound,
            "there is nothing at this path (our choice).",
        ),
        (
            Error::MethodNotAllowed,
            "another method than `POST` (seed 000).",
        ),
        (
            Error::RequestTimeout,
            "the body did not arrive in time (our choice).",
        ),
        (
            Error::InProgress,
            "the first request with this `Idempotency-Key` is still at work (our choice).",
        ),
        (
            Error::PayloadTooLarge,
            "the body has more than 65,536 bytes (our choice).",
        ),
        (
            Error::UnsupportedMediaType,
            "`Content-Type` is missing or not `application/json`, or names another charset than UTF-8 (our choice).",
        ),
        (
            Error::IdempotencyMismatch,
            "the `Idempotency-Key` was used for another path or body (our choice).",
        ),
        (
            Error::RateLimited {
                retry_after: Duration::from_secs(30),
            },
            "a limit is used up (vendor).",
        ),
        (
            Error::Internal,
            "a fault of ours; tell the operator the `X-Request-Id` (our choice).",
        ),
        (
            Error::Gateway,
            "the database cannot be reached or does not answer in time (seed 000).",
        ),
    ]
}

fn sign_up() -> Vec<Row> {
    vec![
        (
            Error::InvalidPassword {
                field: "name_password.password",
                problem: PasswordError::TooShort { min: 8 },
            },
            "the password policy of the application, more than 72 bytes, or a NUL (our choice).",
        ),
        (
            Error::NameExists,
            "the name is taken in this application (our choice).",
        ),
        (
            Error::EmailExists,
            "the address is taken in this application (our choice).",
        ),
        (
            Error::InvalidVerifyCode,
            "the application has sign-up verification on, and the code is missing, wrong, expired, used, or replaced by a \
             newer one; after five wrong tries no code counts until a new one is sent (our choice).",
        ),
        (
            Error::ConfigInvalid,
            "the application is disabled, or cannot serve the request as it is configured, such as a sign-up by e-mail with \
             verification but without e-mail (seed 000).",
        ),
        (
            Error::Busy {
                retry_after: Duration::from_secs(1),
            },
            "too many passwords wait to be hashed (our choice).",
        ),
    ]
}

fn code() -> Vec<Row> {
    vec![(
        Error::CannotSendCode,
        "the application is disabled or sends no e-mail, or `type` is `login_email` (vendor; `login_email`: our choice).",
    )]
}
