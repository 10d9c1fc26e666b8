//! The service as its callers meet it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod applications;
mod bodies;
mod bytepower;
mod codes;
mod duplicates;
mod events;
mod faults;
mod http;
mod idempotency;
mod openapi;
mod order;
mod passwords;
mod replies;
mod seed;
mod sending;
mod signatures;
mod tokens;
