//! What is to be done about an event.

use signup_core::code::Channel;
use signup_store::{ClaimedEvent, StoreError};

use crate::message::Message;

/// What an event asks for, as things stand now.
pub(crate) enum Plan {
    /// This message.
    Send(Box<Message>),
    /// A message that must not be sent.
    Drop {
        /// Its channel, if that much is known.
        channel: Option<Channel>,
        /// Why not, for operators.
        reason: String,
    },
    /// Nothing.
    Ignore,
}

impl Plan {
    pub(crate) fn drop(channel: Channel, reason: &str) -> Self {
        Self::Drop {
            channel: Some(channel),
            reason: reason.to_owned(),
        }
    }

    /// An event that no attempt will make readable: it must not stand in the way of others.
    pub(crate) fn unreadable(event: &ClaimedEvent, problem: String) -> Self {
        log::error!(
            event = "event.unreadable", event_id = event.id.as_str(), kind = event.event_type.as_str();
            "nothing can be sent: {problem}"
        );
        Self::Drop {
            channel: None,
            reason: problem,
        }
    }
}

/// Why an event must come again.
pub(crate) struct Later(pub(crate) String);

impl From<StoreError> for Later {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}
