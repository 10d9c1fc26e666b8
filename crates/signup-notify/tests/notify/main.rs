//! The worker from outside: a real database, a clock that stands still, and a sender that does as told.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod codes;
mod embedded;
mod erased;
mod fixture;
mod receiver;
mod repeats;
mod test_event;
mod texts;
mod webhook_addresses;
mod webhook_answers;
mod webhook_dispatchers;
mod webhook_signatures;
mod webhooks;
mod welcome;
