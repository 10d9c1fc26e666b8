//! A made-up provider behind a real server, seen from outside.
#![allow(clippy::unwrap_used, clippy::panic)]

mod acme;
mod bodies;
mod contexts;
mod documentation;
mod faults;
mod health;
mod idempotency;
mod logs;
mod shutdown;
mod wire;
