//! The routes.

pub(crate) mod jwks;
mod parameters;
mod profile;
pub(crate) mod user;
mod ustr;
mod version;
pub(crate) mod vfc;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web;
use signup_http::{resource, to};

use crate::cors::{cors, preflight};

pub(crate) use parameters::Parameters;
pub(crate) use profile::read as read_profile;
pub(crate) use ustr::{Address, parse as parse_address};

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    let from_browsers = |path, handler| {
        resource(
            path,
            [(Method::POST, handler), (Method::OPTIONS, to(preflight))],
        )
        .wrap(from_fn(cors))
    };
    config
        .service(from_browsers("/user", to(user::post)))
        .service(from_browsers("/vfc", to(vfc::post)))
        .service(resource(
            "/.well-known/jwks.json",
            [(Method::GET, to(jwks::get))],
        ));
}
