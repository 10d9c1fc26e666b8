//! The headers that operations take and give.

use serde_json::json;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, ObjectBuilder};
use utoipa::openapi::{RefOr, Required, Type};

use crate::auth::APPLICATION_ID;
use crate::version::V1;

/// Adds an operation's headers.
pub(super) fn add(operation: &mut Operation, is_sign_up: bool) {
    let mut parameters = vec![
        optional(
            "Accept",
            V1,
            "The version of the API (seed 000). Left out, `*/*`, `application/json` and anything else that names no \
             version count as version 1 (our choice; the vendor's own sample call sends none).",
            text(),
        ),
        optional(
            APPLICATION_ID,
            "demo",
            "The application. Keys belong to one application, so it is not needed; when it is sent, it must be the key's \
             (our choice, after a public client).",
            text(),
        ),
        optional(
            "Idempotency-Key",
            "6f1c2f0e-3d1b-4c55-9d0e-2a3f4b5c6d7e",
            "1 to 255 visible ASCII characters. A request that is sent again with the same key, path and body within 24 \
             hours gets the first reply again, marked with `Idempotency-Replayed: true`, and is not carried out again \
             (our choice). 幂等键。",
            text()
                .min_length(Some(1))
                .max_length(Some(255))
                .pattern(Some("^[!-~]+$")),
        ),
        optional(
            "X-Request-Id",
            "order-17",
            "The request's id in logs and events; made up here if it is left out or has other than 1 to 128 visible ASCII \
             characters (our choice).",
            text(),
        ),
    ];
    if !is_sign_up {
        parameters.push(optional(
            "Accept-Language",
            "zh-CN",
            "The language of the message, Chinese or English; the application's own if it is left out (our choice).",
            text(),
        ));
    }
    operation.parameters = Some(parameters.into_iter().map(RefOr::T).collect());
    if let Some(RefOr::T(reply)) = operation.responses.responses.get_mut("200") {
        for (name, example, description) in [
            ("X-Request-Id", "order-17", "The request's id (our choice)."),
            (
                "Idempotency-Replayed",
                "true",
                "Only on a reply that was given before (our choice).",
            ),
        ] {
            let header = header(description, example, Type::String);
            reply.headers.insert(name.to_owned(), RefOr::T(header));
        }
    }
}

/// A header of a reply.
pub(super) fn header(
    description: &str,
    example: impl Into<serde_json::Value>,
    kind: Type,
) -> utoipa::openapi::header::Header {
    HeaderBuilder::new()
        .schema(Some(Object::with_type(kind)))
        .description(Some(description))
        .example(Some(example.into()))
        .build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn optional(name: &str, example: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .example(Some(json!(example)))
        .build()
}
