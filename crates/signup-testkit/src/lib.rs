//! What tests need and production code must not have: databases, brokers and mail servers of their own, bad lines to
//! them, bounded waits, a clock that obeys, and a whole service on a free port. Only `[dev-dependencies]` may name this
//! crate, and the trials in `tests/`.

#![allow(clippy::unwrap_used, clippy::panic)]

mod author;
pub mod clock;
pub mod compatibility;
pub mod contract;
pub mod deliveries;
pub mod fixture;
pub mod mail;
mod management;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod rabbitmq;
pub mod rows;
pub mod schema;
pub mod service;
pub mod wait;

pub use author::author;
pub use clock::TestClock;
pub use mail::TestMailServer;
pub use postgres::TestDatabase;
pub use process::TestProcess;
pub use proxy::TcpProxy;
pub use rabbitmq::{PrivateBroker, TestBroker};
pub use service::TestService;
pub use wait::eventually;
