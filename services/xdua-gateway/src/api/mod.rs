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
use signup_app::App;
use signup_core::reply::Reply;
use signup_http::{Context, Fault, resource, to};

use crate::cors::{cors, preflight};
use crate::error::Error;

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

/// The reply to a request that was handled, or was not handled before its client gives up.
async fn in_time(
    app: &App,
    context: &Context,
    handling: impl Future<Output = Result<Reply, Error>>,
) -> Reply {
    tokio::time::timeout_at(app.deadline().into(), handling)
        .await
        .unwrap_or(Err(Fault::StoreUnavailable.into()))
        .unwrap_or_else(|error| error.reply(context))
}
