//! Relays of two lanes beside a database and a bus, as a process runs them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod fixture;
mod hand_over;
mod lanes;
