//! The way of an event from the outbox to its consumers.
//!
//! A sign-up only writes its event into the outbox. The [`Relay`] gives it to a [`Bus`]: usually the relay of the same
//! process, which is handed the event when it is committed ([`HandOver`]), otherwise whichever relay claims it from the
//! outbox under a lease. An event counts as published once the bus says so, never before, so every event reaches the consumers
//! at least once and they recognise repeats by its id.

mod backoff;
mod delivery;
mod hand_over;
mod in_process;
pub mod rabbitmq;
mod relay;

use std::time::Duration;

use async_trait::async_trait;
use signup_core::event::EventMessage;

pub use backoff::retry_delay;
pub use delivery::{Delivery, Outcome, Subscription};
pub use hand_over::{HandOver, Place};
pub use in_process::InProcessBus;
pub use relay::{Relay, RelaySettings, RelayTotals, Step};

/// The longest time from the first event of a batch to the bus's last word on it, where the bus can bound it.
const PUBLISHING: Duration = Duration::from_secs(10);

/// A message bus. The other side is not ours, so this is a trait.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Whether the bus can be reached now; tries to, if it could not before.
    ///
    /// # Errors
    /// It cannot be reached; whatever waits should go on waiting.
    async fn ready(&self) -> Result<(), PublishError> {
        Ok(())
    }

    /// Publishes events in this order and tells for each whether the bus has it safely.
    async fn publish(&self, events: &[EventMessage]) -> Vec<Result<(), PublishError>>;
}

/// Why an event was not published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// No consumer's binding matches its routing key: it would be lost.
    #[error("no consumer is bound to `{0}`")]
    Unroutable(String),
    /// The bus refused it, or its consumer could not handle it now.
    #[error("refused: {0}")]
    Refused(String),
    /// The bus is out of reach.
    #[error("the bus is unavailable: {0}")]
    Unavailable(String),
}
