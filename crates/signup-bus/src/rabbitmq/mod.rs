//! RabbitMQ, by AMQP 0-9-1. Runs on RabbitMQ 3.10 and newer.
//!
//! Everything is declared by whoever connects, producers and workers alike, so neither has to be there first:
//!
//! | exchange | kind | |
//! |---|---|---|
//! | `signup.events` | topic | every event, under `user.created.<provider>` or `otp.requested.<channel>`. Consumers of others bind queues of their own here |
//! | `signup.notify.retry.<delay>` | fanout | in front of the retry queue of the same name |
//!
//! | quorum queue | gets | its messages go on to |
//! |---|---|---|
//! | `signup.notify.codes` | `otp.requested.*` | the worker; after 20 workers that ended while they held it, `signup.notify.dead` |
//! | `signup.notify.users` | `user.*.*` | the same |
//! | `signup.notify.retry.1s`, `.5s`, `.30s`, `.2m`, `.10m` | what the worker could not deal with now; its routing key is the name of its lane's queue | that queue, after the delay |
//! | `signup.notify.dead` | what the worker gave up | [`DeadLetters`]: redriven or dropped by an operator |
//!
//! The options of each are explained in `topology.rs`, the headers of retried and dead messages in `trail.rs`.
//!
//! A node of RabbitMQ 3.10 that is killed, not stopped, within about a second after a quorum queue was declared can leave
//! that queue without a leader for good: it confirms nothing any more, and events wait in the outbox. Delete the queue;
//! whoever connects next declares it anew, and the outbox still has every event.
//!
//! The client library's own recovery is not used: whoever loses the connection, or only doubts it, drops all that hangs
//! on it and opens another one. Every wait for the broker is bounded.

mod bus;
mod connection;
mod consumer;
mod dead;
mod error;
mod message;
mod publisher;
mod retry;
mod settle;
mod topology;
mod trail;
mod url;

pub use bus::RabbitBus;
pub use connection::BrokerOptions;
pub use consumer::{ConsumerSettings, ConsumerTotals, consume};
pub use dead::{DeadLetter, DeadLetters};
pub use error::BrokerError;
pub use topology::{DEAD_QUEUE, DELIVERY_LIMIT, EVENTS_EXCHANGE, lane_queue};
pub use url::{BrokerUrl, BrokerUrlError};
