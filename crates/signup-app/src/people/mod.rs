//! People: finding them by what an operator knows, and showing what is kept about them.

mod dossier;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use signup_core::identifier::{EmailAddress, PhoneNumber, Username, UsernameRule};
use signup_core::mask::{mask_email, mask_phone, mask_text};
use signup_store::{Store, StoreError, UserRecord};

pub use dossier::dossier_json;

/// The users that a text names, in whichever directory: a public id, our own id, or an identifier in any spelling.
///
/// # Errors
/// The database is unavailable, or a row cannot be read.
pub async fn find_users(store: &Store, needle: &str) -> Result<Vec<UserRecord>, StoreError> {
    let mut users: Vec<UserRecord> = Vec::new();
    for spelling in spellings(needle) {
        for user in store.find_users(&spelling).await? {
            if users.iter().all(|known| known.id != user.id) {
                users.push(user);
            }
        }
    }
    Ok(users)
}

/// The users whose public id this is, or the one of `PROVIDER/ID`. Ids are unique within a provider only.
///
/// # Errors
/// The database is unavailable, or a row cannot be read.
pub async fn find_by_public_id(store: &Store, name: &str) -> Result<Vec<UserRecord>, StoreError> {
    if let Some((provider, id)) = name.split_once('/') {
        return Ok(store.find_user(provider, id).await?.into_iter().collect());
    }
    let mut users = store.find_users(name).await?;
    users.retain(|user| user.public_id == name);
    Ok(users)
}

/// The text itself, and the normalised forms of every kind of identifier that it can be.
pub fn spellings(needle: &str) -> BTreeSet<String> {
    let bare_mainland = needle.len() == 11 && needle.bytes().all(|byte| byte.is_ascii_digit());
    let number = if bare_mainland {
        format!("+86-{needle}")
    } else {
        needle.to_owned()
    };
    let email = EmailAddress::parse(needle).map(|email| email.key().to_owned());
    let phone = PhoneNumber::parse_international(&number).map(|phone| phone.key().to_owned());
    let name = Username::parse(needle, UsernameRule::Open).map(|name| name.key().to_owned());
    [Ok(needle.to_owned()), email, phone, name]
        .into_iter()
        .flatten()
        .collect()
}

/// A user for scripts and pages; personal data masked unless it is to be revealed.
pub fn user_json(user: &UserRecord, reveal: bool) -> Value {
    let identifiers: Vec<Value> = user
        .identifiers
        .iter()
        .map(|(kind, display, key, verified)| {
            let mask = |text: &String| {
                if reveal {
                    text.clone()
                } else {
                    masked(kind, text)
                }
            };
            json!({"kind": kind, "value": mask(display), "key": mask(key), "verified": verified})
        })
        .collect();
    json!({
        "provider": user.provider,
        "directory": user.directory,
        "application": user.application,
        "public_id": user.public_id,
        "id": user.id,
        "identifiers": identifiers,
        "has_password": user.has_password,
        "profile": profile(user, reveal),
        "created_at": user.created_at.to_string(),
        "request_id": user.request_id,
    })
}

/// An identifier of a kind (`username`, `phone`, `email`) in a form that may be shown.
pub fn masked(kind: &str, text: &str) -> String {
    match kind {
        "email" => mask_email(text),
        "phone" => mask_phone(text),
        _ => mask_text(text),
    }
}

/// A user's profile; texts and numbers masked unless they are to be revealed.
pub fn profile(user: &UserRecord, reveal: bool) -> Map<String, Value> {
    let mut profile = user.profile.clone();
    if !reveal {
        profile.values_mut().for_each(hide);
    }
    profile
}

/// Any text in a profile may be personal, whatever its name, and so may numbers.
fn hide(value: &mut Value) {
    match value {
        Value::String(text) => *text = mask_text(text),
        Value::Number(_) => *value = json!("***"),
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Object(object) => object.values_mut().for_each(hide),
        Value::Null | Value::Bool(_) => {}
    }
}
