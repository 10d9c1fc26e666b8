//! One user of an import file, by the names of its fields: the same in JSON Lines and in CSV.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use signup_core::time::Timestamp;
use signup_core::user::PasswordHash;

use super::{Contact, GivenUser};

/// The fields that a user can have, in the order in which they are documented.
pub const FIELDS: [&str; 12] = [
    "provider",
    "application",
    "directory",
    "public_id",
    "username",
    "phone",
    "phone_verified",
    "email",
    "email_verified",
    "password_hash",
    "profile",
    "created_at",
];

/// What the name of a column begins with that holds one text of the profile: `profile.cuid`.
pub const PROFILE_PREFIX: &str = "profile.";

/// A user as a file gives it: every field of the right type, nothing judged that only a provider can judge.
#[derive(Debug)]
pub struct Given {
    /// The provider, if the file says so.
    pub provider: Option<String>,
    /// The application, if the file says so.
    pub application: Option<String>,
    /// The directory, in place of an application.
    pub directory: Option<String>,
    /// What the provider judges.
    pub user: GivenUser,
    /// The password's hash.
    pub password_hash: Option<PasswordHash>,
    /// When the user signed up.
    pub created_at: Option<Timestamp>,
}

impl Given {
    /// Reads the fields of one user. `null` and an empty text mean that a field is not given; `costs` are the bcrypt costs
    /// that are accepted, and nobody signed up after `now`.
    ///
    /// # Errors
    /// The first field that is at fault, and why; a value is never repeated.
    pub fn read(
        mut fields: Map<String, Value>,
        costs: RangeInclusive<u32>,
        now: Timestamp,
    ) -> Result<Self, String> {
        fields.retain(|_, value| !value.is_null() && value != "");
        if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            let shown: String = unknown
                .chars()
                .filter(|c| !c.is_control())
                .take(64)
                .collect();
            return Err(format!(
                "unknown field `{shown}`; the fields are {}",
                FIELDS.join(", ")
            ));
        }
        let password_hash = match text(&mut fields, "password_hash")? {
            None => None,
            Some(hash) => Some(
                PasswordHash::parse_bcrypt(&hash, costs)
                    .map_err(|problem| format!("password_hash {problem}"))?,
            ),
        };
        Ok(Self {
            provider: text(&mut fields, "provider")?,
            application: text(&mut fields, "application")?,
            directory: text(&mut fields, "directory")?,
            created_at: created_at(&mut fields, now)?,
            user: GivenUser {
                public_id: text(&mut fields, "public_id")?,
                username: text(&mut fields, "username")?,
                phone: contact(&mut fields, "phone", "phone_verified")?,
                email: contact(&mut fields, "email", "email_verified")?,
                has_password: password_hash.is_some(),
                profile: profile(&mut fields)?,
            },
            password_hash,
        })
    }
}

fn text(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match fields.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{name} must be a text")),
    }
}

/// `true` and `false`, which CSV has as texts only.
fn flag(fields: &mut Map<String, Value>, name: &str) -> Result<Option<bool>, String> {
    match fields.remove(name) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(flag)),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(_) => Err(format!("{name} must be true or false")),
    }
}

fn contact(
    fields: &mut Map<String, Value>,
    name: &str,
    verified: &str,
) -> Result<Option<Contact>, String> {
    let contact = text(fields, name)?;
    match (contact, flag(fields, verified)?) {
        (Some(text), verified) => Ok(Some(Contact {
            text,
            verified: verified.unwrap_or(false),
        })),
        (None, Some(true)) => Err(format!("{verified} is true, and {name} is missing")),
        (None, _) => Ok(None),
    }
}

/// An object, or in CSV the JSON text of one.
fn profile(fields: &mut Map<String, Value>) -> Result<Map<String, Value>, String> {
    const FORM: &str = "profile must be a JSON object";
    let mut profile = match fields.remove("profile") {
        None => Map::new(),
        Some(Value::Object(profile)) => profile,
        Some(Value::String(text)) => serde_json::from_str(&text).map_err(|_| FORM.to_owned())?,
        Some(_) => return Err(FORM.to_owned()),
    };
    profile.retain(|_, value| !value.is_null());
    Ok(profile)
}

fn created_at(
    fields: &mut Map<String, Value>,
    now: Timestamp,
) -> Result<Option<Timestamp>, String> {
    const FORM: &str = "created_at must be a time such as 2024-09-18T11:21:01Z (RFC 3339)";
    let Some(text) = text(fields, "created_at")? else {
        return Ok(None);
    };
    let time = Timestamp::parse_rfc3339(&text).ok_or_else(|| FORM.to_owned())?;
    if time > now {
        return Err("created_at lies in the future".to_owned());
    }
    if time < Timestamp::from_millis(0) {
        return Err("created_at lies before 1970".to_owned());
    }
    Ok(Some(time))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn read(fields: Value) -> Result<Given, String> {
        let Value::Object(fields) = fields else {
            return Err("no object".to_owned());
        };
        Given::read(fields, 10..=15, NOW)
    }

    #[test]
    fn a_field_that_is_null_or_empty_is_not_given() {
        let given =
            read(json!({"username": "", "email": null, "profile": {"cuid": null, "idfa": ""}}));
        let user = given.unwrap().user;
        assert!(user.username.is_none() && user.email.is_none());
        assert_eq!(Value::Object(user.profile), json!({"idfa": ""}));
    }

    #[test]
    fn flags_and_profiles_can_be_texts_because_csv_has_nothing_else() {
        let given = read(json!({
            "phone": "+8613812345678", "phone_verified": "TRUE", "profile": "{\"sex\":\"F\"}",
        }));
        let user = given.unwrap().user;
        assert!(user.phone.unwrap().verified);
        assert_eq!(Value::Object(user.profile), json!({"sex": "F"}));
    }

    #[test]
    fn a_fault_names_the_field_and_never_its_value() {
        for (fields, problem) in [
            (json!({"emial": "secret-value"}), "unknown field `emial`"),
            (
                json!({"email": {"a": "secret-value"}}),
                "email must be a text",
            ),
            (
                json!({"email": "secret-value", "email_verified": "secret-value"}),
                "email_verified must be true or false",
            ),
            (
                json!({"email_verified": true}),
                "email_verified is true, and email is missing",
            ),
            (
                json!({"profile": "secret-value"}),
                "profile must be a JSON object",
            ),
            (
                json!({"password_hash": "secret-value"}),
                "password_hash must be a bcrypt hash",
            ),
            (
                json!({"created_at": "secret-value"}),
                "created_at must be a time",
            ),
            (
                json!({"created_at": "2999-01-01T00:00:00Z"}),
                "created_at lies in the future",
            ),
            (
                json!({"created_at": "1969-12-31T23:59:59Z"}),
                "created_at lies before 1970",
            ),
        ] {
            let refused = read(fields).unwrap_err();
            assert!(refused.contains(problem), "{refused}");
            assert!(!refused.contains("secret-value"), "{refused}");
        }
    }
}
