//! The way out to people.

use async_trait::async_trait;

use crate::message::Message;

/// Hands messages to somebody who delivers them. The other side is not ours, so this is a trait.
#[async_trait]
pub trait Sender: Send + Sync {
    /// The name under which deliveries are recorded.
    fn name(&self) -> &str;

    /// Hands one message over; `Ok` means that the other side has taken it. Must return well within the bus's lease.
    ///
    /// # Errors
    /// See [`SendError`].
    async fn send(&self, message: &Message) -> Result<(), SendError>;
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
