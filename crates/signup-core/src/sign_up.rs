//! A sign-up on its way into the database, and what becomes of it there.

use uuid::Uuid;

use crate::event::{Event, Hold};
use crate::identifier::IdentifierKind;
use crate::reply::Reply;
use crate::user::NewUser;

/// Everything that one sign-up writes, all or nothing.
#[derive(Clone, Debug)]
pub struct SignUpRecord {
    /// The user.
    pub user: NewUser,
    /// The codes that the sign-up uses up.
    pub consumed: Vec<Uuid>,
    /// The request that creates the user; of an imported one, where it stood in which file.
    pub request_id: String,
    /// What is announced.
    pub events: Vec<Event>,
    /// Who holds the first of the events. It is also the first of its subject, whom nobody knew before; a later one must
    /// not be held: it could overtake the one that it follows.
    pub hold: Option<Hold>,
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
