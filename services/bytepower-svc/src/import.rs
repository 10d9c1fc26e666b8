//! Users who are brought over from the vendor.

use std::sync::Arc;

use serde_json::{Map, Value};
use signup_app::import::{CheckedUser, Contact, GivenUser, ImportRules};
use signup_core::application::Application;
use signup_core::identifier::{EmailAddress, Identifier, PhoneNumber, Username, UsernameRule};
use signup_core::user::TakenIdentifier;

use crate::api::attribution_of;
use crate::error::Error;
use crate::uid;

/// What a user must be like. Any of name, e-mail address and phone number identify a user: the vendor has users with
/// phone numbers, although nobody signs up here with one.
pub static IMPORT: ImportRules = ImportRules {
    check,
    is_public_id: uid::is_uid,
    public_id_form: "u and 1 to 19 decimal digits",
    public_id: uid::random,
};

fn check(user: &GivenUser, _: &Arc<Application>) -> Result<CheckedUser, String> {
    let mut identifiers = Vec::new();
    if let Some(name) = &user.username {
        let name = Username::parse(name, UsernameRule::Open)
            .map_err(|problem| format!("username {problem}"))?;
        identifiers.push(taken(name, false));
    }
    if let Some(Contact { text, verified }) = &user.phone {
        let phone =
            PhoneNumber::parse_international(text).map_err(|problem| format!("phone {problem}"))?;
        identifiers.push(taken(phone, *verified));
    }
    if let Some(Contact { text, verified }) = &user.email {
        let email = EmailAddress::parse(text).map_err(|problem| format!("email {problem}"))?;
        identifiers.push(taken(email, *verified));
    }
    if identifiers.is_empty() {
        return Err("one of username, phone and email is required".to_owned());
    }
    Ok(CheckedUser {
        identifiers,
        profile: profile(&user.profile)?,
    })
}

fn taken(identifier: impl Into<Identifier>, verified: bool) -> TakenIdentifier {
    TakenIdentifier {
        identifier: identifier.into(),
        verified,
    }
}

/// A sign-up ignores fields that it does not know; of an import they would be lost without anybody noticing.
fn profile(given: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let body = serde_json::to_vec(given).map_err(|_| "profile cannot be read".to_owned())?;
    let profile = attribution_of(&body).map_err(|error| match error {
        Error::InvalidParameter { field, problem } => format!("profile.{field} {problem}"),
        other => format!("profile: {}", other.error_type()),
    })?;
    match given.keys().find(|name| !profile.contains_key(*name)) {
        Some(unknown) => Err(format!("profile.{unknown} is not a field of a sign-up")),
        None => Ok(profile),
    }
}
