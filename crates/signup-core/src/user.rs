//! A new user.

use std::fmt;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::identifier::{Identifier, IdentifierKind};
use crate::time::Timestamp;

/// A password hash in the modular crypt format (`$2b$12$…`).
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a hash that bcrypt made.
    pub fn new(hash: String) -> Self {
        Self(hash)
    }

    /// Reads a bcrypt hash that another program made, and keeps it character for character: `$2a$`, `$2b$` or `$2y$` (three
    /// names of one algorithm), a cost of two digits within `costs`, `$`, 22 characters of salt and 31 of digest in bcrypt's
    /// own base64.
    ///
    /// # Errors
    /// See [`BcryptHashError`]; no message repeats the text.
    pub fn parse_bcrypt(text: &str, costs: RangeInclusive<u32>) -> Result<Self, BcryptHashError> {
        let rest = ["$2a$", "$2b$", "$2y$"]
            .iter()
            .find_map(|version| text.strip_prefix(version))
            .ok_or(BcryptHashError::OtherAlgorithm)?;
        let (cost, encoded) = rest.split_once('$').ok_or(BcryptHashError::Malformed)?;
        let is_number = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
        let cost: u32 = match cost.parse() {
            Ok(cost) if is_number => cost,
            _ => return Err(BcryptHashError::Malformed),
        };
        if !is_salt_and_digest(encoded) {
            return Err(BcryptHashError::Malformed);
        }
        if !costs.contains(&cost) {
            let (low, high) = costs.into_inner();
            return Err(BcryptHashError::Cost { cost, low, high });
        }
        Ok(Self(text.to_owned()))
    }

    /// The hash, for storing and comparing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no bcrypt hash that can be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BcryptHashError {
    /// It begins with none of the names of bcrypt.
    #[error("must be a bcrypt hash that begins with $2a$, $2b$ or $2y$")]
    OtherAlgorithm,
    /// It is cut off, too long, or holds characters that no bcrypt hash holds.
    #[error("is no complete bcrypt hash: 60 characters, such as $2b$12$ and 53 more")]
    Malformed,
    /// Too cheap to protect anybody, or so dear that a login would take seconds.
    #[error("has bcrypt cost {cost}; from {low} to {high} is accepted")]
    Cost {
        /// The hash's cost.
        cost: u32,
        /// The least that is accepted.
        low: u32,
        /// The greatest that is accepted.
        high: u32,
    },
}

/// 22 characters stand for 16 bytes and 31 for 23, so that some bits of the last one of each are always 0. A hash in which
/// they are not is damaged: programs that check passwords refuse it.
fn is_salt_and_digest(text: &str) -> bool {
    let value = |byte: u8| match byte {
        b'.' => Some(0),
        b'/' => Some(1),
        b'A'..=b'Z' => Some(2 + byte - b'A'),
        b'a'..=b'z' => Some(28 + byte - b'a'),
        b'0'..=b'9' => Some(54 + byte - b'0'),
        _ => None,
    };
    let values: Option<Vec<u8>> = text.bytes().map(value).collect();
    values.is_some_and(|values| {
        values.len() == 53 && values[21].is_multiple_of(16) && values[52].is_multiple_of(4)
    })
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// An identifier that a new user takes, unique in the directory.
#[derive(Clone, Debug)]
pub struct TakenIdentifier {
    /// The identifier.
    pub identifier: Identifier,
    /// Whether a code proved that it belongs to the user.
    pub verified: bool,
}

/// A user that is about to be created.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Our own id, UUIDv7.
    pub id: Uuid,
    /// The id that the provider's clients see, unique within the provider.
    pub public_id: String,
    /// The provider whose API was called.
    pub provider: String,
    /// The directory that takes the user.
    pub directory: String,
    /// The application that the user signed up through.
    pub application: String,
    /// The identifiers it takes.
    pub identifiers: Vec<TakenIdentifier>,
    /// The hashed password, if the user set one.
    pub password_hash: Option<PasswordHash>,
    /// Profile, contact, attribution and membership fields, by the provider's own names.
    pub profile: Map<String, Value>,
    /// When the user signed up.
    pub created_at: Timestamp,
}

impl NewUser {
    /// What the user typed as this kind of identifier, if the user has one.
    pub fn identifier(&self, kind: IdentifierKind) -> Option<&Identifier> {
        self.identifiers
            .iter()
            .map(|taken| &taken.identifier)
            .find(|identifier| identifier.kind() == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";

    fn parsed(text: &str) -> Result<String, BcryptHashError> {
        PasswordHash::parse_bcrypt(text, 10..=15).map(|hash| hash.as_str().to_owned())
    }

    #[test]
    fn bcrypt_hashes_of_every_name_are_kept_as_they_are() {
        for version in ["2a", "2b", "2y"] {
            let text = format!("${version}$12${REST}");
            assert_eq!(parsed(&text), Ok(text));
        }
    }

    #[test]
    fn what_is_no_whole_bcrypt_hash_is_refused() {
        let other = [
            "",
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "$2x$12$",
            "$argon2id$v=19$",
        ];
        for text in other {
            assert_eq!(parsed(text), Err(BcryptHashError::OtherAlgorithm), "{text}");
        }
        for text in [
            "$2b$".to_owned(),
            "$2b$12".to_owned(),
            format!("$2b$1${REST}"),
            format!("$2b$+2${REST}"),
            format!("$2b$12${}", &REST[1..]),
            format!("$2b$12${REST}."),
            format!("$2b$12${}!", &REST[..52]),
            format!("$2b$12${}X", &REST[..52]),
        ] {
            assert_eq!(parsed(&text), Err(BcryptHashError::Malformed), "{text}");
        }
    }

    #[test]
    fn the_cost_must_be_within_the_range() {
        let of = |cost| parsed(&format!("$2b${cost}${REST}"));
        assert!(of("10").is_ok() && of("15").is_ok());
        for (text, cost) in [("09", 9), ("16", 16), ("31", 31)] {
            let refused = BcryptHashError::Cost {
                cost,
                low: 10,
                high: 15,
            };
            assert_eq!(of(text), Err(refused));
        }
    }
}
