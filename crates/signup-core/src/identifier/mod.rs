//! Identifiers: the user name, e-mail address or phone number that a person signs up with.
//!
//! Text is parsed once, at the edge, into one of three types. Each keeps what the user typed (`display`)
//! and a normalised form (`key`) that a database constraint keeps unique within a directory. Two spellings
//! that a person would call "the same" have the same key; a key never changes when it is normalised again.

mod country_code;
mod email;
mod error;
mod mainland;
mod phone;
mod unicode;
mod username;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use country_code::calling_code;
pub use email::EmailAddress;
pub use error::IdentifierError;
pub use mainland::{MainlandSegments, SegmentError};
pub use phone::PhoneNumber;
pub use username::{Username, UsernameRule};

pub(crate) use country_code::calling_code_length;
pub(crate) use unicode::fold;

use crate::mask;

/// What sort of identifier a text is. The order is the order in which faults are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// A name that the user chose.
    Username,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
}

impl IdentifierKind {
    /// Every kind, in their order.
    pub const ALL: [Self; 3] = [Self::Username, Self::Phone, Self::Email];

    /// The word used in files, messages and the database: `username`, `phone` or `email`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Phone => "phone",
            Self::Email => "email",
        }
    }
}

impl fmt::Display for IdentifierKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The text is none of the words that [`IdentifierKind::as_str`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected `username`, `phone` or `email`")]
pub struct UnknownIdentifierKind;

impl FromStr for IdentifierKind {
    type Err = UnknownIdentifierKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "username" => Ok(Self::Username),
            "phone" => Ok(Self::Phone),
            "email" => Ok(Self::Email),
            _ => Err(UnknownIdentifierKind),
        }
    }
}

/// A parsed identifier of any kind.
///
/// Comparing two of them compares the display text as well; compare [`key`](Self::key) to ask whether they
/// stand for the same person.
#[derive(Clone, PartialEq, Eq)]
pub struct Identifier {
    kind: IdentifierKind,
    display: String,
    key: String,
}

impl Identifier {
    /// The kind of this identifier.
    pub const fn kind(&self) -> IdentifierKind {
        self.kind
    }

    /// What the user typed, character for character.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The normalised form, unique within a directory and kind.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where a message to its owner goes: an e-mail address in the case that was typed, else the key.
    pub fn recipient(&self) -> String {
        match self.kind {
            IdentifierKind::Email => email::mailbox(&self.display, &self.key),
            IdentifierKind::Username | IdentifierKind::Phone => self.key.clone(),
        }
    }

    /// A form that may appear in logs: `h***`, `+86 158****9011`, `a***@example.com`.
    pub fn masked(&self) -> String {
        match self.kind {
            IdentifierKind::Username => mask::mask_text(&self.key),
            IdentifierKind::Phone => mask::mask_phone(&self.key),
            IdentifierKind::Email => mask::mask_email(&self.key),
        }
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Identifier({} {})", self.kind, self.masked())
    }
}

impl From<Username> for Identifier {
    fn from(name: Username) -> Self {
        let (display, key) = name.into_parts();
        Self {
            kind: IdentifierKind::Username,
            display,
            key,
        }
    }
}

impl From<EmailAddress> for Identifier {
    fn from(address: EmailAddress) -> Self {
        let (display, key) = address.into_parts();
        Self {
            kind: IdentifierKind::Email,
            display,
            key,
        }
    }
}

impl From<PhoneNumber> for Identifier {
    fn from(number: PhoneNumber) -> Self {
        let (display, key) = number.into_parts();
        Self {
            kind: IdentifierKind::Phone,
            display,
            key,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_kind_reads_back_from_its_word() {
        for kind in [
            IdentifierKind::Username,
            IdentifierKind::Phone,
            IdentifierKind::Email,
        ] {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(
                serde_json::to_value(kind).unwrap(),
                serde_json::Value::from(kind.as_str())
            );
        }
        assert_eq!(
            "Email".parse::<IdentifierKind>(),
            Err(UnknownIdentifierKind)
        );
    }

    #[test]
    fn debug_output_is_masked() {
        let name = Username::parse("happymumu", UsernameRule::Open).unwrap();
        let email = EmailAddress::parse("Alice@Example.com").unwrap();
        let phone = PhoneNumber::parse_international("+86-15810419011").unwrap();
        assert_eq!(
            format!("{:?}", Identifier::from(name)),
            "Identifier(username h***)"
        );
        assert_eq!(
            format!("{:?}", Identifier::from(email)),
            "Identifier(email a***@example.com)"
        );
        assert_eq!(
            format!("{:?}", Identifier::from(phone)),
            "Identifier(phone +86 158****9011)"
        );
    }
}
