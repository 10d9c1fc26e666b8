//! The rules of signing up: what an identifier, a password, a one-time code, an application and a new user are.
//!
//! Nothing here does I/O, waits, or knows a provider. Values are parsed once, at the edge, into types that cannot hold
//! a wrong value; everything behind the edge trusts them.

pub mod application;
pub mod attribute;
pub mod code;
pub mod context;
pub mod credential;
pub mod decision;
pub mod described;
pub mod event;
pub mod funnel;
pub mod identifier;
pub mod keys;
pub mod mask;
pub mod messages;
pub mod operator;
pub mod password;
pub mod reply;
pub mod sign_up;
pub mod time;
pub mod user;
