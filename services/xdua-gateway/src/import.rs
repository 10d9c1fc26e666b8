//! Users who are brought over from the vendor.

use std::sync::Arc;

use serde_json::Value;
use signup_app::import::{CheckedUser, Contact, GivenUser, ImportRules};
use signup_core::application::Application;
use signup_core::code::Channel;
use signup_core::context::Language;
use signup_core::user::TakenIdentifier;

use crate::api::{Address, Parameters, parse_address, read_profile};
use crate::auth::Shop;
use crate::error::Error;
use crate::public_id;
use crate::settings::{DEFAULT_TABLE, NO_ROLE, is_short_id};
use crate::tables::read_extra;

/// What a user must be like. A phone number and an e-mail address both identify a user who has both; contact data that
/// identifies nobody goes into `profile.tel` and `profile.mail`.
pub static IMPORT: ImportRules = ImportRules {
    check,
    is_public_id: is_short_id,
    public_id_form: "8 letters or digits",
    public_id: public_id::random,
};

/// Everything that a request can hold for the profile.
const PROFILE: [&str; 9] = [
    "role", "tabx", "name", "sex", "bday", "avatar", "tel", "mail", "extra",
];

fn check(user: &GivenUser, application: &Arc<Application>) -> Result<CheckedUser, String> {
    let words = |error: Error| error.reason(Language::English);
    if user.username.is_some() {
        return Err(
            "username: users of a shop have phone numbers and e-mail addresses only".to_owned(),
        );
    }
    if let Some(unknown) = user
        .profile
        .keys()
        .find(|name| !PROFILE.contains(&name.as_str()))
    {
        return Err(format!("profile.{unknown} is not a field of a user"));
    }
    let address = |field, contact: &Option<Contact>, channel| match contact {
        None => Ok(None),
        Some(Contact { text, verified }) => parse_address(field, text, channel)
            .map(|address| Some((address, *verified)))
            .map_err(words),
    };
    let addresses: Vec<(Address, bool)> = [
        address("phone", &user.phone, Channel::Sms)?,
        address("email", &user.email, Channel::Email)?,
    ]
    .into_iter()
    .flatten()
    .collect();
    let Some((first, _)) = addresses.first() else {
        return Err("one of phone and email is required".to_owned());
    };

    let mut fields = user.profile.clone();
    if let Some((second, _)) = addresses.get(1) {
        fields.insert("mail".to_owned(), second.identifier.display().into());
    }
    let table = Value::from(DEFAULT_TABLE);
    fields.entry("tabx").or_insert(table);
    // A request's `extra` that is no object counts as not given; here it would be lost without anybody noticing.
    let extra = fields.get("extra");
    if extra.is_some() && read_extra(extra).map_err(words)?.is_none() {
        return Err("profile.extra must be a JSON object".to_owned());
    }
    let shop = Shop {
        application: Arc::clone(application),
        settings: application
            .settings
            .read()
            .map_err(|problem| format!("the shop's settings cannot be read: {problem}"))?,
    };
    let parameters = Parameters::of(fields);
    let role = parameters.text("role").map_err(words)?.unwrap_or(NO_ROLE);
    if !shop.settings.has_role(role) {
        return Err("profile.role is not a role of the shop".to_owned());
    }
    let profile = read_profile(&parameters, &shop, first, role)
        .map_err(|error| format!("profile: {}", words(error)))?;
    Ok(CheckedUser {
        identifiers: addresses
            .into_iter()
            .map(|(address, verified)| TakenIdentifier {
                identifier: address.identifier,
                verified,
            })
            .collect(),
        profile,
    })
}
