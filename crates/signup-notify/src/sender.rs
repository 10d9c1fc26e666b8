//! The way out to people.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;

use crate::message::Message;

/// Longest time that all providers together may take for one message.
const SEND_LIMIT: Duration = Duration::from_secs(90);

/// Hands messages to somebody who delivers them. The other side is not ours, so this is a trait.
#[async_trait]
pub trait Sender: Send + Sync {
    /// Hands one message over; `Ok` means that the other side has taken it. Must return well within the bus's lease.
    ///
    /// # Errors
    /// See [`SendError`].
    async fn send(&self, message: &Message) -> Result<Sent, SendError>;
}

/// A message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The name of who has taken it, as deliveries are recorded.
    pub by: String,
    /// What else operators may want to know, such as who did not take it before: neither addresses nor codes.
    pub detail: Option<String>,
}

impl Sent {
    /// Taken at the first go.
    pub fn by(name: impl Into<String>) -> Self {
        Self {
            by: name.into(),
            detail: None,
        }
    }
}

/// Why a message was not sent. The texts go to logs and to the database: neither addresses nor codes belong in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It was not taken; trying again may help.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// It was not taken and never will be.
    #[error("refused: {0}")]
    Refused(String),
    /// It was handed over and no answer came, so it may have been sent; it is not sent again.
    #[error("unanswered: {0}")]
    Unanswered(String),
}

/// Sends a message, and waits no longer than [`SEND_LIMIT`] for what becomes of it.
pub(crate) async fn send_in_time(
    sender: &dyn Sender,
    message: &Message,
) -> Result<Sent, SendError> {
    timeout(SEND_LIMIT, sender.send(message))
        .await
        .unwrap_or_else(|_| Err(SendError::Unanswered("no answer in time".to_owned())))
}
