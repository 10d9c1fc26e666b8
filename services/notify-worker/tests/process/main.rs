//! The built worker as it runs in production: beside a service, a broker, a database and a mail server.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod crashes;
mod delivering;
mod outages;
mod secrecy;
mod settings;
mod shutdown;
mod stage;
mod webhooks;
