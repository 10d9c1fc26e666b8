//! `signupctl key`

pub mod create;
pub mod list;
pub mod reseal;
pub mod rotate;

use serde::Serialize;
use serde_json::{Value, json};
use signup_app::credentials::Issued;
use signup_core::credential::CredentialKind;
use signup_store::CredentialRecord;

use super::app::{credential_json, lifetime};
use crate::output::Output;

/// Shows a result with the secrets of these new credentials, each `provider/kind/id`; it may be of none.
///
/// # Errors
/// Standard output cannot be written, or nobody reads the secrets.
pub fn show_made(
    output: Output,
    value: &impl Serialize,
    text: impl FnOnce() -> String,
    made: &[String],
) -> anyhow::Result<()> {
    if made.is_empty() {
        output.show(value, text)
    } else {
        output.show_once(value, text, &not_shown(made))
    }
}

fn not_shown(made: &[String]) -> String {
    let commands: Vec<String> = made
        .iter()
        .map(|name| format!("signupctl key rotate {}", name.replacen('/', " ", 1)))
        .collect();
    format!(
        "credentials were made, but their secrets were not shown; replace them with: {}",
        commands.join(" && ")
    )
}

/// `provider/kind/id`, if the credential has a secret to show.
fn made(issued: &Issued) -> Option<String> {
    let CredentialRecord {
        provider, kind, id, ..
    } = &issued.record;
    issued.secret.as_ref()?;
    Some(format!("{provider}/{kind}/{id}"))
}

/// A new credential with its secret, the only time that it is shown.
fn issued_json(issued: &Issued) -> Value {
    let mut value = credential_json(&issued.record);
    value["secret"] = json!(
        issued
            .secret
            .as_ref()
            .map(|secret| secret.expose().as_str())
    );
    value["public_key"] = json!(issued.record.public_pem);
    value
}

/// The same for people.
fn issued_text(issued: &Issued) -> String {
    let record = &issued.record;
    let owner = record.application_id.as_ref().map_or_else(
        || format!("all of {}", record.provider),
        |id| format!("{}/{id}", record.provider),
    );
    let mut text = format!("{}/{} for {owner} was made\n", record.kind, record.id);
    if let Some(secret) = &issued.secret {
        // Clients with a secret name themselves by their application.
        let (name, id) = match &record.application_id {
            Some(id) if record.kind == CredentialKind::ClientSecret.as_str() => ("client id", id),
            _ => ("id", &record.id),
        };
        text.push_str("Store the secret now: it is not shown again.\n\n");
        text.push_str(&format!(
            "{name:<10} {id}\n{:<10} {}\n",
            "secret",
            secret.expose()
        ));
    } else if let Some(public) = &record.public_pem {
        text.push_str(&format!("\n{}\n", public.trim_end()));
    }
    text
}
