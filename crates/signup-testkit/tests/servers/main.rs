//! The test kit's own servers keep what they promise.

#![allow(clippy::unwrap_used, clippy::panic)]

mod broker;
mod mail;
mod proxy;
