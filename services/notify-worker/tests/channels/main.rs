//! The channels from outside: a real mail server, HTTP vendors that check every signature, and a clock that obeys.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod failover;
mod fixture;
mod hook;
mod pool;
mod settings;
mod smtp;
mod vendor;
mod vendors;
