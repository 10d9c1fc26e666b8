//! The console as browsers and attackers meet it.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod applications;
mod credentials;
mod desk;
mod doors;
mod pages;
mod signing_in;
