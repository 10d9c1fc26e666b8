//! The service as its callers meet it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod bytepower;
mod seed;
