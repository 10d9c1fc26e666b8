//! What tests need and production code must not have: databases of their own and
//! bounded waits. Only `[dev-dependencies]` may name this crate.

#![allow(clippy::unwrap_used, clippy::panic)]

pub mod postgres;
pub mod wait;

pub use postgres::TestDatabase;
pub use wait::eventually;
