//! What was decided about a request, in a form that may be kept: no identifier in full, no code, no password.

use crate::code::Channel;
use crate::identifier::IdentifierKind;
use crate::mask::{mask_email, mask_phone, mask_text};
use crate::time::Timestamp;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// To sign somebody up.
    SignUp,
    /// To have a code sent.
    SendCode,
}

impl Action {
    /// The action's name in tables and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::SendCode => "send_code",
        }
    }

    /// The action of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::SignUp, Self::SendCode]
            .into_iter()
            .find(|action| action.as_str() == name)
    }
}

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// When the request came.
    pub time: Timestamp,
    /// Milliseconds until it was answered, or given up.
    pub duration_ms: u64,
    /// The request's id.
    pub request_id: String,
    /// The provider whose API was called.
    pub provider: String,
    /// The application, once the caller had proved it.
    pub application: Option<String>,
    /// What was asked for.
    pub action: Action,
    /// What came of it: `created`, `taken`, `wrong_code`; for refusals that only the provider knows, its own word.
    pub outcome: String,
    /// What the caller was told about a refusal.
    pub reply: Option<String>,
    /// HTTP status of the answer; none when the client left before.
    pub status: Option<u16>,
    /// How a code was sent.
    pub channel: Option<Channel>,
    /// Who it was about.
    pub identifiers: MaskedIdentifiers,
    /// The public id of the user who was created, or the id of the code's challenge.
    pub subject: Option<String>,
}

/// The outcomes that give the caller what it asked for.
const GRANTED: [&str; 3] = ["created", "accepted", "replayed"];

impl Decision {
    /// Whether the caller did not get what it asked for.
    pub fn is_refusal(&self) -> bool {
        !GRANTED.contains(&self.outcome.as_str())
    }
}

/// Identifiers of one person, masked: at most one of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaskedIdentifiers {
    /// `h***`
    pub username: Option<String>,
    /// `+86 158****9011`
    pub phone: Option<String>,
    /// `a***@example.com`
    pub email: Option<String>,
}

impl MaskedIdentifiers {
    /// Puts in an identifier, masked. Normalised ones always give the same mask.
    pub fn put(&mut self, kind: IdentifierKind, key: &str) {
        match kind {
            IdentifierKind::Username => self.username = Some(mask_text(key)),
            IdentifierKind::Phone => self.phone = Some(mask_phone(key)),
            IdentifierKind::Email => self.email = Some(mask_email(key)),
        }
    }

    /// All of them, addresses first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        [&self.phone, &self.email, &self.username]
            .into_iter()
            .filter_map(Option::as_deref)
    }
}

impl From<Channel> for IdentifierKind {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Sms => Self::Phone,
            Channel::Email => Self::Email,
        }
    }
}
