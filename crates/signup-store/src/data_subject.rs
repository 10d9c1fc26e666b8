//! What is kept about one person: read all of it, and forget it.
//!
//! Both begin alike: the person's traces are found. Codes that were asked for in vain, and kept replies, are found by looking
//! at every one that is still kept, because nobody else looks for them and an index would cost each request. That happens in
//! bounded steps, before the transaction; within it, everything is looked up by keys.

mod dossier;
mod erase;
mod replies;
mod requests;
mod steps;
mod traces;

use signup_core::code::Channel;
use signup_core::event::KnownUser;
use signup_core::identifier::IdentifierKind;

use crate::find_users::UserRecord;

pub use dossier::{Dossier, KeptWindow};
pub use erase::Erased;
pub use replies::KeptReply;

impl UserRecord {
    /// The user, by ids alone.
    pub fn known(&self) -> KnownUser {
        KnownUser {
            public_id: self.public_id.clone(),
            provider: self.provider.clone(),
            directory: self.directory.clone(),
            application: self.application.clone(),
        }
    }

    /// Where codes could reach the user: normalised addresses.
    fn addresses(&self) -> Vec<(Channel, String)> {
        let of = |kind: &str| match kind.parse() {
            Ok(IdentifierKind::Phone) => Some(Channel::Sms),
            Ok(IdentifierKind::Email) => Some(Channel::Email),
            Ok(IdentifierKind::Username) | Err(_) => None,
        };
        self.identifiers
            .iter()
            .filter_map(|(kind, _, key, _)| Some((of(kind)?, key.clone())))
            .collect()
    }
}
