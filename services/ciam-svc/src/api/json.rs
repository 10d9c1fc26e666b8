//! Bodies in JSON.

use actix_web::{HttpMessage as _, HttpRequest};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use signup_http::Fault;

use crate::error::ApiError;

/// Reads a JSON object. A member twice is refused where the type names it; among the others the last one counts.
pub(super) fn object<T: DeserializeOwned>(
    request: &HttpRequest,
    body: &[u8],
) -> Result<T, ApiError> {
    if !is_json(request) {
        return Err(ApiError::Fault(Fault::UnsupportedMediaType));
    }
    if body.trim_ascii().is_empty() {
        return Err(ApiError::UnreadableBody("is empty".to_owned()));
    }
    // Serde would read a type's members from an array as well.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(serde_json::from_slice::<IgnoredAny>(body)
            .map_or_else(|error| not_json(&error), |_| ApiError::NotAnObject));
    }
    serde_json::from_slice(body).map_err(|error| unreadable(body, &error))
}

/// Why an object cannot be read. Its members may have any value, so it is its JSON, a value that nothing can hold, or a
/// member that is there twice.
fn unreadable(body: &[u8], error: &serde_json::Error) -> ApiError {
    if error.is_data() {
        // Serde quotes the member's name: one that we declare, no word of the client's.
        let text = error.to_string();
        let name = text.split('`').nth(1).unwrap_or("a member");
        return ApiError::UnreadableBody(format!("must not have {name} twice"));
    }
    match serde_json::from_slice::<IgnoredAny>(body) {
        Err(error) => not_json(&error),
        Ok(_) => ApiError::UnreadableBody(format!(
            "has a text that is not valid Unicode, a number that is too large, or too many levels at line {}, column {}",
            error.line(),
            error.column()
        )),
    }
}

fn not_json(error: &serde_json::Error) -> ApiError {
    let (line, column) = (error.line(), error.column());
    ApiError::UnreadableBody(format!("is not valid JSON at line {line}, column {column}"))
}

/// `application/json`, in UTF-8 if it says so (RFC 8259 knows no other).
fn is_json(request: &HttpRequest) -> bool {
    let media_type = request.mime_type().ok().flatten();
    media_type.is_some_and(|media_type| {
        media_type.essence_str() == "application/json"
            && media_type
                .get_param("charset")
                .is_none_or(|charset| charset == "utf-8")
    })
}

/// The text of a member; `null` and a missing one are the same.
pub(super) fn text<'a>(value: &'a Option<Value>, name: &str) -> Result<Option<&'a str>, ApiError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(illegal_value(name))
        }
    }
}

/// A value of the wrong type or form. Only names that we declare ourselves are repeated.
pub(super) fn illegal_value(name: &str) -> ApiError {
    ApiError::IllegalValue(format!("Illegal value of attribute {name}."))
}
