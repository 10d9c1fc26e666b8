//! `signupctl user show`

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use signup_core::identifier::{EmailAddress, PhoneNumber, Username, UsernameRule};
use signup_core::mask::{mask_email, mask_phone, mask_text};
use signup_store::UserRecord;

use crate::failure::AlreadyReported;
use crate::output::Output;
use crate::workplace::Workplace;

/// Shows every user that the text names, in whichever directory.
pub async fn show(
    place: &Workplace,
    needle: &str,
    reveal: bool,
    output: Output,
) -> anyhow::Result<()> {
    place.must_be_migrated().await?;
    let mut users: Vec<UserRecord> = Vec::new();
    for spelling in spellings(needle) {
        for user in place.store.find_users(&spelling).await? {
            if users.iter().all(|known| known.id != user.id) {
                users.push(user);
            }
        }
    }
    let value: Vec<Value> = users.iter().map(|user| as_json(user, reveal)).collect();
    if users.is_empty() {
        if output.is_json() {
            output.show(&value, String::new)?;
        }
        eprintln!("signupctl: no user has this id or identifier");
        return Err(AlreadyReported.into());
    }
    output.show(&value, || {
        let texts: Vec<String> = users.iter().map(|user| as_text(user, reveal)).collect();
        let mut text = texts.join("\n");
        if !reveal {
            text.push_str("\nPersonal data is masked; show it with --reveal.\n");
        }
        text
    })
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

fn as_json(user: &UserRecord, reveal: bool) -> Value {
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

fn as_text(user: &UserRecord, reveal: bool) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        text.push_str(&format!("{name:<12} {value}\n"));
    };
    line("user", &user.public_id);
    line("id", &user.id);
    line(
        "application",
        &format!("{}/{}", user.provider, user.application),
    );
    line("directory", &user.directory);
    line("created", &user.created_at.to_string());
    line("request", &user.request_id);
    line("password", if user.has_password { "set" } else { "none" });
    for (kind, display, _, verified) in &user.identifiers {
        let shown = if reveal {
            display.clone()
        } else {
            masked(kind, display)
        };
        line(
            kind,
            &format!("{shown}{}", if *verified { " (verified)" } else { "" }),
        );
    }
    let profile = profile(user, reveal);
    if !profile.is_empty() {
        line("profile", &Value::Object(profile).to_string());
    }
    text
}

pub fn masked(kind: &str, text: &str) -> String {
    match kind {
        "email" => mask_email(text),
        "phone" => mask_phone(text),
        _ => mask_text(text),
    }
}

fn profile(user: &UserRecord, reveal: bool) -> Map<String, Value> {
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
