//! Users who are brought over from the vendor.

use std::sync::Arc;

use serde_json::{Map, Value};
use signup_app::import::{CheckedUser, Contact, GivenUser, ImportRules};
use signup_core::application::Application;
use signup_core::attribute::text_attribute;
use signup_core::identifier::{EmailAddress, Identifier, PhoneNumber, Username, UsernameRule};
use signup_core::user::TakenIdentifier;
use uuid::Uuid;

use crate::settings::{
    ApplicationSettings, AuthenticationAttribute, DirectorySettings, Presence, SignUpFlow,
};

/// The member of a profile that the flow fills.
const USER_GROUP: &str = "user_group";

/// What a user must be like: as one whom the application's sign-up flow lets in. Addresses must have been proven, because
/// the flow proves each.
pub static IMPORT: ImportRules = ImportRules {
    check,
    is_public_id,
    public_id_form: "1 to 64 letters, digits, '-' or '_'",
    public_id: || Uuid::new_v4().simple().to_string(),
};

/// `sub` is opaque to clients (vendor), so the vendor's own are kept whatever they are made of.
fn is_public_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn check(user: &GivenUser, application: &Arc<Application>) -> Result<CheckedUser, String> {
    let unreadable = |problem| format!("the application's settings cannot be read: {problem}");
    let settings: Arc<ApplicationSettings> = application.settings.read().map_err(unreadable)?;
    let directory: Arc<DirectorySettings> =
        application.directory.settings.read().map_err(unreadable)?;
    if user.has_password && !settings.login.password_source {
        return Err("password_hash: people log in to this application by code only".to_owned());
    }
    let flow = &settings.flow;
    let given = [
        (AuthenticationAttribute::Username, username(user)?),
        (
            AuthenticationAttribute::PhoneNumber,
            phone(user, &directory)?,
        ),
        (AuthenticationAttribute::Email, email(user)?),
    ];
    let mut identifiers = Vec::new();
    for (attribute, identifier) in given {
        let name = attribute.as_str();
        match (identifier, flow.asks_for(attribute)) {
            (Some(identifier), true) => identifiers.push(identifier),
            (None, false) => {}
            (Some(_), false) => {
                return Err(format!(
                    "{name} is not an authentication attribute of the application's flow"
                ));
            }
            (None, true) => {
                return Err(format!(
                    "{name} is missing; the application's flow requires it"
                ));
            }
        }
    }
    Ok(CheckedUser {
        identifiers,
        profile: profile(&user.profile, flow, &directory)?,
    })
}

fn username(user: &GivenUser) -> Result<Option<TakenIdentifier>, String> {
    let Some(name) = &user.username else {
        return Ok(None);
    };
    Username::parse(name, UsernameRule::Ascii)
        .map(|name| Some(taken(name, false)))
        .map_err(|problem| format!("username {problem}"))
}

/// The 11 digits that the API takes, or the same number as others write it.
fn phone(
    user: &GivenUser,
    directory: &DirectorySettings,
) -> Result<Option<TakenIdentifier>, String> {
    let Some(Contact { text, verified }) = &user.phone else {
        return Ok(None);
    };
    let national = text
        .strip_prefix("+86")
        .map_or(text.as_str(), |rest| rest.strip_prefix('-').unwrap_or(rest));
    let number = PhoneNumber::parse_mainland(national, directory.segments())
        .map_err(|problem| format!("phone {problem}"))?;
    proven("phone", *verified).map(|()| Some(taken(number, true)))
}

fn email(user: &GivenUser) -> Result<Option<TakenIdentifier>, String> {
    let Some(Contact { text, verified }) = &user.email else {
        return Ok(None);
    };
    let address = EmailAddress::parse(text).map_err(|problem| format!("email {problem}"))?;
    proven("email", *verified).map(|()| Some(taken(address, true)))
}

fn proven(name: &str, verified: bool) -> Result<(), String> {
    let problem = || {
        format!("{name}_verified must be true: nobody signs up with an address that no code proved")
    };
    verified.then_some(()).ok_or_else(problem)
}

fn taken(identifier: impl Into<Identifier>, verified: bool) -> TakenIdentifier {
    TakenIdentifier {
        identifier: identifier.into(),
        verified,
    }
}

/// The group that the vendor put a user into is kept; a user without one joins that of the flow.
fn profile(
    given: &Map<String, Value>,
    flow: &SignUpFlow,
    directory: &DirectorySettings,
) -> Result<Map<String, Value>, String> {
    let mut profile = given.clone();
    let group = profile
        .remove(USER_GROUP)
        .unwrap_or_else(|| flow.user_group.clone().into());
    for (id, value) in &profile {
        let Some(attribute) = directory.attribute(id) else {
            return Err(format!("profile.{id} is not an attribute of the directory"));
        };
        if !flow.ordinary.contains_key(id) {
            return Err(format!(
                "profile.{id} is not part of the application's flow"
            ));
        }
        if !attribute.accepts(value) {
            return Err(format!("profile.{id} has not the declared type and form"));
        }
    }
    let is_there = |id: &String| profile.get(id).is_some_and(|value| value != "");
    let mut required = flow.ordinary.iter();
    if let Some((id, _)) =
        required.find(|(id, presence)| **presence == Presence::Required && !is_there(id))
    {
        return Err(format!(
            "profile.{id} is missing; the application's flow requires it"
        ));
    }
    if !group
        .as_str()
        .is_some_and(|group| !group.is_empty() && text_attribute(group).is_ok())
    {
        return Err("profile.user_group must be the name of a group".to_owned());
    }
    profile.insert(USER_GROUP.to_owned(), group);
    Ok(profile)
}
