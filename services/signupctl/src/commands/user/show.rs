//! `signupctl user show`

use serde_json::Value;
use signup_app::people::{find_users, masked, profile, user_json};
use signup_store::UserRecord;

use crate::failure::AlreadyReported;
use crate::output::{Output, note};
use crate::workplace::Workplace;

/// Shows every user that the text names, in whichever directory.
pub async fn run(
    place: &Workplace,
    needle: &str,
    reveal: bool,
    output: Output,
) -> anyhow::Result<()> {
    place.must_be_migrated().await?;
    let users = find_users(&place.store, needle).await?;
    let value: Vec<Value> = users.iter().map(|user| user_json(user, reveal)).collect();
    if users.is_empty() {
        if output.is_json() {
            output.show(&value, String::new)?;
        }
        note("signupctl: no user has this id or identifier");
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
