//! The endpoints.

pub(crate) mod attribution;
pub(crate) mod json;
pub(crate) mod sign_up;
pub(crate) mod sign_up_body;
pub(crate) mod user_reply;
pub(crate) mod verify_code;

use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, web};
use signup_http::{resource, to};

use crate::error::Error;

pub(crate) use sign_up_body::attribution_of;

/// Registers the endpoints, all of them for `POST` only.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    for (path, route) in [
        ("/bp/server/user/signup", to(sign_up::by_server)),
        ("/bp/user/signup", to(sign_up::by_client)),
        (
            "/bp/server/user/send_email_verify_code",
            to(verify_code::by_server),
        ),
        (
            "/bp/user/send_email_verify_code",
            to(verify_code::by_client),
        ),
    ] {
        config.service(resource(path, [(Method::POST, route)]));
    }
}

/// Refuses a body that does not say that it is JSON (seed 000), or that says it is not in UTF-8.
fn require_json(request: &HttpRequest) -> Result<(), Error> {
    let value = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut parts = value.split(';').map(str::trim);
    let is_json = parts
        .next()
        .is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => charset
            .trim()
            .trim_matches('"')
            .eq_ignore_ascii_case("utf-8"),
        _ => true,
    });
    if is_json && is_utf8 {
        Ok(())
    } else {
        Err(Error::UnsupportedMediaType)
    }
}
