//! What is read from a request.

pub(crate) mod address;
pub(crate) mod body;
pub(crate) mod context;
pub(crate) mod language;
pub(crate) mod unread;
