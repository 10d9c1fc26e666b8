//! The gateway as its clients meet it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod documentation;
mod gateway;
mod sign_up;
