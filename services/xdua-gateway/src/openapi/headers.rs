//! The headers that operations take and give.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, ObjectBuilder};
use utoipa::openapi::{RefOr, Required, ResponseBuilder, Type};

use super::refusals::APID;

/// Adds an operation's headers.
pub(super) fn add(operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(optional(
        "apiv",
        "1.0.0",
        "The version of the API; 1.0.0 if left out (seed 001). Another major version is refused (our choice). API 版本",
    ));
    parameters.push(optional(
        "Accept-Language",
        "zh-CN",
        "The language of `reason`, and of the message with the code: Chinese, or English for `en` (our choice). 语言",
    ));
    parameters.push(optional_of(
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(255))
            .pattern(Some("^[!-~]+$")),
        "Idempotency-Key",
        "6f1c2f0e-3d1b-4c55-9d0e-2a3f4b5c6d7e",
        "1 to 255 visible ASCII characters. A request that is sent again with the same key, query and body within 24 \
         hours gets the first reply again, marked with `Idempotency-Replayed: true`, and is not carried out again (our \
         choice). 幂等键",
    ));
}

/// Adds a response's headers.
pub(super) fn of_response(response: ResponseBuilder, status: u16) -> ResponseBuilder {
    let given = [
        (
            true,
            "x-ca-request-id",
            APID,
            "The same as `apid` (vendor).",
        ),
        (
            status != 200,
            "x-ca-error-code",
            "token_expired",
            "The same as `code` (vendor).",
        ),
        (
            status != 200,
            "x-ca-error-message",
            "the token has expired",
            "The reason in English, ASCII (vendor).",
        ),
        (
            matches!(status, 200 | 429 | 503),
            "retry-after",
            "30",
            "With `rate_limited` and `busy`: when to try again, in seconds (RFC 9110).",
        ),
        (
            status == 401,
            "www-authenticate",
            "Bearer",
            "The scheme (RFC 9110).",
        ),
        (
            status == 405,
            "allow",
            "POST, OPTIONS",
            "What is allowed (RFC 9110).",
        ),
    ];
    given.into_iter().filter(|(is_given, ..)| *is_given).fold(
        response,
        |response, (_, name, example, description)| {
            let header = HeaderBuilder::new()
                .schema(Some(Object::with_type(Type::String)))
                .description(Some(description))
                .example(Some(example.into()));
            response.header(name, header.build())
        },
    )
}

fn optional(name: &str, example: &str, description: &str) -> RefOr<Parameter> {
    let text = ObjectBuilder::new().schema_type(Type::String);
    optional_of(text, name, example, description)
}

fn optional_of(
    schema: ObjectBuilder,
    name: &str,
    example: &str,
    description: &str,
) -> RefOr<Parameter> {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .example(Some(example.into()))
        .schema(Some(schema))
        .build()
        .into()
}
