//! The use case of bringing users over who signed up elsewhere.
//!
//! A user is written through the same door as one who signs up, so what is unique stays unique, and many at a time share
//! their commits. Writing one who is there already is no fault: that is how an import that was stopped goes on.

mod given;
mod importer;

use std::sync::Arc;

use serde_json::{Map, Value};
use signup_core::application::Application;
use signup_core::user::TakenIdentifier;

pub use given::{FIELDS, Given, PROFILE_PREFIX};
pub use importer::{ImportError, ImportOutcome, Importer, Newcomer};

/// What is kept in place of a request's id begins with this. No request's id has a space in it.
const ORIGIN: &str = "import ";

/// Where a user stood who was brought over, `FILE:LINE`; none for who signed up here, by the request that made the user.
pub fn origin_of(request_id: &str) -> Option<&str> {
    request_id.strip_prefix(ORIGIN)
}

/// What only a provider can judge about a user who is brought over.
#[derive(Clone, Debug, Default)]
pub struct GivenUser {
    /// The id that the user had, if it is to be kept.
    pub public_id: Option<String>,
    /// The user's name.
    pub username: Option<String>,
    /// The user's phone number.
    pub phone: Option<Contact>,
    /// The user's e-mail address.
    pub email: Option<Contact>,
    /// Whether there is a password hash.
    pub has_password: bool,
    /// Profile, contact, attribution and membership fields, by the provider's own names.
    pub profile: Map<String, Value>,
}

/// A phone number or an e-mail address, as given.
#[derive(Clone)]
pub struct Contact {
    /// The text.
    pub text: String,
    /// Whether it was proven to belong to the user.
    pub verified: bool,
}

/// Without the text: it is personal.
impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contact")
            .field("verified", &self.verified)
            .finish_non_exhaustive()
    }
}

/// What a provider made of a [`GivenUser`]: the user as one of its own sign-ups would have left it.
#[derive(Clone, Debug)]
pub struct CheckedUser {
    /// The identifiers that the user takes; at least one.
    pub identifiers: Vec<TakenIdentifier>,
    /// What is kept beside them.
    pub profile: Map<String, Value>,
}

/// A provider's rules for users who are brought over.
#[derive(Clone, Copy)]
pub struct ImportRules {
    /// Checks a user against the application as it is declared. An error names the field and the rule, never the value.
    pub check: fn(&GivenUser, &Arc<Application>) -> Result<CheckedUser, String>,
    /// Whether an id has a form that the provider's clients know.
    pub is_public_id: fn(&str) -> bool,
    /// That form, in words.
    pub public_id_form: &'static str,
    /// Makes a random id in that form.
    pub public_id: fn() -> String,
}
