//! The service as its clients meet it: every rule is shown by a request over HTTP.

#![allow(clippy::unwrap_used, clippy::panic)]

mod attributes;
mod authentication;
mod codes;
mod declarations;
mod documentation;
mod edge;
mod events;
mod fuzz;
mod idempotency;
mod order;
mod outages;
mod passwords;
mod portal;
mod races;
mod seeds;
mod sending;
mod sign_up;
