//! A new user.

use std::fmt;

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

    /// The hash, for storing and comparing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
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
