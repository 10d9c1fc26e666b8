//! A new user, and everything that is written when one signs up.

use std::fmt;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::event::Event;
use crate::identifier::{Identifier, IdentifierKind};
use crate::reply::Reply;
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

/// Everything that one sign-up writes, all or nothing.
#[derive(Clone, Debug)]
pub struct SignUpRecord {
    /// The user.
    pub user: NewUser,
    /// The codes that the sign-up uses up.
    pub consumed: Vec<Uuid>,
    /// What is announced.
    pub events: Vec<Event>,
    /// The reply to keep for a repeated request, if the caller sent an idempotency key.
    pub claim: Option<(IdempotencyClaim, Reply)>,
}

/// What became of a sign-up that reached the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignUpOutcome {
    /// The user exists now.
    Created,
    /// An identifier of this kind is taken in the directory; nothing was written.
    Taken(IdentifierKind),
    /// A code was used, replaced or locked in the meantime; nothing was written.
    CodeSpent(Uuid),
    /// The random public id belongs to another user; nothing was written, try with another one.
    PublicIdTaken,
    /// Another request took over the idempotency key while this one was at work; nothing was written.
    ClaimLost,
}

/// The right to answer a request that carries an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyClaim {
    /// The provider of the application.
    pub provider: String,
    /// The application that the key belongs to.
    pub application: String,
    /// The caller's key.
    pub key: String,
    /// Tells this claim from one that took over after it had expired.
    pub token: Uuid,
}
