//! The load: a process of its own that asks a service as fast as it answers, or at a fixed rate.
//!
//! Load generator, service and database share the machine, so the generator is made to cost little: requests are
//! serialised beforehand ([`requests`]), one thread waits for all connections ([`driver`]), and of a reply only what
//! must be looked at is read ([`reply`]).

mod connection;
mod consumer;
mod driver;
mod histogram;
pub mod order;
pub mod reply;
pub mod requests;

pub use consumer::Watch;
pub use driver::run;
pub use histogram::Latencies;
pub use order::{Load, Order, Outcome, Pace};
pub use reply::Shape;
