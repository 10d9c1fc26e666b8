//! The endpoints.

mod json;
pub(crate) mod new_user;
pub(crate) mod send_code;
pub(crate) mod sign_up;

use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use signup_http::{resource, to};

/// Registers the endpoints.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/signup", [(Method::POST, to(sign_up::sign_up))]))
        .service(resource(
            "/otp/send",
            [(Method::POST, to(send_code::send_code))],
        ));
}
