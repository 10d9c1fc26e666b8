//! RabbitMQ, by AMQP 0-9-1.

mod url;

pub use url::{BrokerUrl, BrokerUrlError};
