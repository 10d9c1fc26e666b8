//! What is to be done about an event.

use signup_bus::Outcome;
use signup_core::code::Channel;
use signup_core::event::EventMessage;
use signup_store::StoreError;

use crate::message::Message;

/// What an event asks for, as things stand now.
pub(crate) enum Plan {
    /// This message.
    Send(Box<Message>),
    /// A message that must not be sent.
    Drop {
        /// Its channel.
        channel: Channel,
        /// Why not, for operators.
        reason: String,
    },
    /// Nothing.
    Ignore,
}

impl Plan {
    pub(crate) fn drop(channel: Channel, reason: &str) -> Self {
        Self::Drop {
            channel,
            reason: reason.to_owned(),
        }
    }
}

/// Why an event is not dealt with. The texts hold no personal data.
pub(crate) enum Undone {
    /// It must come again.
    Later(String),
    /// No attempt of this version will do better: it must not stand in the way of others. Nothing is recorded, so a
    /// later version can deal with it when an operator gives it back.
    Never(String),
}

impl Undone {
    pub(crate) fn unreadable(event: &EventMessage, problem: String) -> Self {
        log::error!(
            event = "event.unreadable", event_id = event.id.as_str(), kind = event.event_type.as_str();
            "nothing can be sent: {problem}"
        );
        Self::Never(problem)
    }
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Later(error.to_string())
    }
}

impl From<Undone> for Outcome {
    fn from(undone: Undone) -> Self {
        match undone {
            Undone::Later(problem) => Self::Later(problem),
            Undone::Never(problem) => Self::Never(problem),
        }
    }
}
