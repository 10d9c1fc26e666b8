//! `signupctl key`

pub mod create;
pub mod list;
pub mod rotate;

use serde_json::{Value, json};
use signup_app::credentials::Issued;

use super::app::{credential_json, lifetime};

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
        text.push_str("Store the secret now: it is not shown again.\n\n");
        text.push_str(&format!(
            "id      {}\nsecret  {}\n",
            record.id,
            secret.expose()
        ));
    } else if let Some(public) = &record.public_pem {
        text.push_str(&format!("\n{}\n", public.trim_end()));
    }
    text
}
