//! The reply to a sign-up.

use serde::Serialize;
use signup_core::identifier::{Identifier, IdentifierKind};
use signup_core::reply::Reply;
use signup_core::user::NewUser;
use utoipa::ToSchema;

use crate::settings::ResponseEdition;

/// The reply to a sign-up. (seed 000)
#[derive(Serialize, ToSchema)]
pub(crate) struct UserReply {
    user: User,
}

/// The new user. A field that the user has no value for is left out. (our choice)
#[derive(Serialize, ToSchema)]
struct User {
    /// `u` and decimal digits. (seed 000; 15 of them, random: our choice)
    #[schema(example = "u482915730264118", pattern = "^u[1-9][0-9]{14}$")]
    uid: String,
    /// The name as it was sent. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "happymumu")]
    name: Option<String>,
    /// Accounts elsewhere; always empty after a sign-up. (seed 000)
    #[schema(example = json!([]))]
    social_accounts: Vec<SocialAccount>,
    /// The phone number. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    phone: Option<Phone>,
    /// The e-mail address as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<Email>,
    /// The `cuid` of the request. (seed 000)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "test_custom_uid")]
    cuid: Option<String>,
    /// Unix time in milliseconds; edition "2025" only. (vendor)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 1_726_658_461_000_i64)]
    create_time: Option<i64>,
    /// Always true after a sign-up; edition "2025" only. (vendor)
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = true)]
    is_new_user: Option<bool>,
}

/// An account elsewhere.
#[derive(Serialize, ToSchema)]
struct SocialAccount {}

/// A phone number. (seed 000)
#[derive(Serialize, ToSchema)]
struct Phone {
    /// In E.164 form.
    #[schema(example = "+8615512345678")]
    phone_number: String,
}

/// Text in edition "seed" (seed 000), an object in edition "2025" (vendor).
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Email {
    #[schema(title = "seed", example = "happymumu@example.com")]
    Text(String),
    #[schema(title = "2025")]
    Detailed {
        #[schema(example = "happymumu@example.com")]
        email_address: String,
        /// Whether a code proved that the address belongs to the user.
        #[schema(example = true)]
        verified: bool,
    },
}

/// The reply that tells a new user, in the application's edition.
pub(crate) fn reply(user: &NewUser, cuid: Option<&str>, edition: ResponseEdition) -> Reply {
    let is_2025 = edition == ResponseEdition::Of2025;
    let display = |kind| {
        user.identifier(kind)
            .map(|identifier| identifier.display().to_owned())
    };
    let user = User {
        uid: user.public_id.clone(),
        name: display(IdentifierKind::Username),
        social_accounts: Vec::new(),
        phone: user.identifier(IdentifierKind::Phone).map(phone),
        email: email(user, edition),
        cuid: cuid.map(str::to_owned),
        create_time: is_2025.then(|| user.created_at.as_millis()),
        is_new_user: is_2025.then_some(true),
    };
    Reply::json(200, &UserReply { user })
}

fn phone(number: &Identifier) -> Phone {
    Phone {
        phone_number: number.key().to_owned(),
    }
}

fn email(user: &NewUser, edition: ResponseEdition) -> Option<Email> {
    let taken = user
        .identifiers
        .iter()
        .find(|taken| taken.identifier.kind() == IdentifierKind::Email)?;
    let address = taken.identifier.display().to_owned();
    Some(match edition {
        ResponseEdition::Seed => Email::Text(address),
        ResponseEdition::Of2025 => Email::Detailed {
            email_address: address,
            verified: taken.verified,
        },
    })
}
