//! The HTTP shell that every provider's service is put into.
//!
//! A provider is data: a [`Provider`] with its routes, its OpenAPI document and the envelope in which it words a
//! [`Fault`]. Everything that is the same for all of them lives here: the server and its limits, what is known of a
//! request beside its content ([`Context`]), its body ([`Body`]), idempotency ([`idempotent`]), health, metrics, access
//! log, documentation pages, and [`run`], which is a service's whole `main`.
//!
//! Handlers return a [`Reply`](signup_core::reply::Reply), or a [`Fault`] for what the framework knows how to refuse.
//! The provider words each fault in one place, wherever it comes from: a handler, an extractor, actix, or a panic.

mod answer;
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
pub use run::run;
pub use server::{bind, serve};
