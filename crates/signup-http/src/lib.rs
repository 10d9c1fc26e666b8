//! The HTTP shell that every provider's service is put into.
//!
//! A provider is data: a [`Provider`] with its routes, its OpenAPI document and the envelope in which it words a
//! [`Fault`]. Everything that is the same for all of them lives here: the server and its limits, what is known of a
//! request beside its content ([`Context`]), its body ([`Body`]), idempotency ([`idempotent`]), health, metrics, access
//! log, documentation pages, and [`run`], which is a service's whole `main`.
//!
//! Handlers return a [`Reply`](signup_core::reply::Reply), or a [`Fault`] for what the framework knows how to refuse.
//! The provider words each fault in one place, wherever it comes from: a handler, an extractor, actix, or a panic.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use actix_web::http::Method;
//! use actix_web::web;
//! use serde_json::json;
//! use signup_app::App;
//! use signup_core::context::RequestContext;
//! use signup_core::decision::Action;
//! use signup_core::reply::Reply;
//! use signup_http::{Body, Context, Fault, Provider, resource, to};
//!
//! pub static PROVIDER: Provider = Provider {
//!     name: "acme",
//!     binary: "acme-svc",
//!     defaults: "[http]\nport = 8090\n",
//!     routes,
//!     openapi: None,
//!     actions: &[("/users", Action::SignUp)],
//!     fault,
//! };
//!
//! fn routes(config: &mut web::ServiceConfig) {
//!     config.service(resource("/users", [(Method::POST, to(sign_up))]));
//! }
//!
//! async fn sign_up(app: web::Data<App>, context: Context, body: Body) -> Result<Reply, Fault> {
//!     app.store.ping().await?;
//!     Ok(Reply::json(200, &json!({"request": context.request_id, "bytes": body.len()})))
//! }
//!
//! fn fault(fault: &Fault, _: &RequestContext) -> Reply {
//!     Reply::json(fault.status(), &json!({"error": fault.to_string()}))
//! }
//!
//! fn main() -> ExitCode {
//!     signup_http::run(&PROVIDER)
//! }
//! ```

mod answer;
mod decision;
mod docs;
mod edge;
mod fault;
mod health;
mod idempotency;
mod metrics;
mod provider;
mod request;
mod routes;
mod run;
mod server;

pub use answer::{Answer, Outcome};
pub use fault::Fault;
pub use idempotency::idempotent;
pub use metrics::HttpMetrics;
pub use provider::Provider;
pub use request::body::Body;
pub use request::context::Context;
pub use routes::{resource, to};
pub use run::{Stop, run, run_with, start_events};
pub use server::{bind, serve, serve_beside};
