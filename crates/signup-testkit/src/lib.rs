//! What tests need and production code must not have: databases of their own, bounded waits, a clock that obeys, and
//! a whole service on a free port. Only `[dev-dependencies]` may name this crate.

#![allow(clippy::unwrap_used, clippy::panic)]

pub mod clock;
pub mod postgres;
pub mod schema;
pub mod service;
pub mod wait;

pub use clock::TestClock;
pub use postgres::TestDatabase;
pub use service::TestService;
pub use wait::eventually;
