//! A message to one person.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use signup_core::code::Channel;
use signup_core::messages::MessageKind;
use signup_core::time::Timestamp;

/// A message that is ready to be sent.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// How it goes out.
    pub channel: Channel,
    /// Where it goes: E.164, or an e-mail address.
    pub address: String,
    /// The provider of the application.
    pub provider: String,
    /// The application's id.
    pub application: String,
    /// The application's name for people.
    pub application_name: String,
    /// What it is about.
    pub kind: MessageKind,
    /// The locale of its text (BCP 47).
    pub locale: String,
    /// The subject of an e-mail; text messages have none.
    pub subject: Option<String>,
    /// The text.
    pub text: String,
    /// The code in the text, for senders whose vendor wants it apart from the text.
    pub code: Option<String>,
    /// From then on it must not be sent any more (Unix ms), if there is such a time.
    pub expires_at: Option<Timestamp>,
    /// What the application has registered with SMS vendors.
    #[serde(skip)]
    pub registered: Registered,
    /// The event that asked for it; the same for every attempt.
    pub event_id: String,
    /// When it was written (Unix ms).
    pub time: Timestamp,
}

/// What SMS vendors that send registered texts only need to know of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// Template ids, by the name of the channel provider in the settings.
    pub templates: BTreeMap<String, String>,
    /// The signature.
    pub sign: Option<String>,
}

impl Message {
    /// The address as logs may show it.
    pub fn masked_address(&self) -> String {
        self.channel.mask(&self.address)
    }
}

impl fmt::Debug for Message {
    /// Leaves out the text, because it holds the code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("channel", &self.channel)
            .field("address", &self.masked_address())
            .field("provider", &self.provider)
            .field("application", &self.application)
            .field("kind", &self.kind)
            .field("locale", &self.locale)
            .field("code", &self.code.as_ref().map(|_| "…"))
            .field("event_id", &self.event_id)
            .finish_non_exhaustive()
    }
}
