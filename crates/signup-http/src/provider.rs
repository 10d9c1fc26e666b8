//! A provider's service, as data.

use actix_web::web;
use signup_core::context::RequestContext;
use signup_core::decision::Action;
use signup_core::reply::Reply;

use crate::Fault;

/// What a service is. Its library exports one as a `static`; its `main` gives it to [`run`](crate::run).
#[derive(Clone, Copy)]
pub struct Provider {
    /// The provider's name: the label of its metrics and log lines, and the scope of its idempotency keys.
    pub name: &'static str,
    /// The name of the service's executable, for `--help` and messages at start-up.
    pub binary: &'static str,
    /// The service's compiled-in settings, TOML.
    pub defaults: &'static str,
    /// Registers the API. Paths under `/health/`, `/openapi.json` and `/docs` are taken.
    pub routes: fn(&mut web::ServiceConfig),
    /// The description of the API; none for a process that has no API.
    pub openapi: Option<fn() -> utoipa::openapi::OpenApi>,
    /// The routes (as patterns) whose `POST` requests decide about people, and what each asks for. What is decided is
    /// kept, to be explained later.
    pub actions: &'static [(&'static str, Action)],
    /// The provider's envelope for everything that is refused outside its own rules.
    pub fault: fn(&Fault, &RequestContext) -> Reply,
}
