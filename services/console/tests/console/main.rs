//! The console as browsers and attackers meet it.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod applications;
mod credentials;
mod dead_letters;
mod desk;
mod doors;
mod events;
mod funnel;
mod limits;
mod pages;
mod people;
mod signing_in;
mod webhooks;
