//! The worker: sends codes and welcome messages, and calls webhooks.

pub mod channel;
