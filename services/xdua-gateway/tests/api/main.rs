//! The gateway as its clients meet it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod administrators;
mod browsers;
mod codes;
mod documentation;
mod events;
mod fields;
mod fuzz;
mod gateway;
mod reliability;
mod seed;
mod sending;
mod sign_up;
mod tables;
mod tokens;
mod wire;
