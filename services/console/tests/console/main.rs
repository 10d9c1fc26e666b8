//! The console as browsers and attackers meet it.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod applications;
mod credentials;
mod desk;
mod doors;
mod events;
mod funnel;
mod pages;
mod people;
mod signing_in;
