//! `signupctl app`

use serde_json::{Value, json};
use signup_app::declaration;
use signup_core::time::Timestamp;
use signup_store::{ApplicationRecord, CredentialRecord, Declarations};

use crate::failure::Misuse;
use crate::output::{Output, table};
use crate::workplace::{Workplace, now};

/// Lists all applications.
pub async fn list(place: &Workplace, output: Output) -> anyhow::Result<()> {
    let mut stored = place.declarations().await?;
    stored
        .applications
        .sort_by(|a, b| (&a.provider, &a.id).cmp(&(&b.provider, &b.id)));
    let value: Vec<Value> = stored
        .applications
        .iter()
        .map(|application| {
            json!({
                "provider": application.provider,
                "id": application.id,
                "name": application.name,
                "directory": application.directory,
                "enabled": application.enabled,
                "credentials": credentials_of(&stored, application).count(),
            })
        })
        .collect();
    output.show(&value, || {
        let row = |application: &ApplicationRecord| {
            [
                format!("{}/{}", application.provider, application.id),
                application.name.clone(),
                application.directory.clone(),
                if application.enabled { "yes" } else { "no" }.to_owned(),
                credentials_of(&stored, application).count().to_string(),
            ]
        };
        let rows: Vec<_> = stored.applications.iter().map(row).collect();
        table(
            ["APPLICATION", "NAME", "DIRECTORY", "ENABLED", "CREDENTIALS"],
            &rows,
            "no application is declared yet; declare one in a file and run: signupctl apply -f FILE",
        )
    })
}

/// Shows one application as a declaration file; its credentials' times are comments.
pub async fn show(place: &Workplace, name: &str, output: Output) -> anyhow::Result<()> {
    let stored = place.declarations().await?;
    let application = find(&stored, name)?;
    let credentials: Vec<&CredentialRecord> = credentials_of(&stored, application).collect();
    let value = json!({
        "provider": application.provider,
        "id": application.id,
        "name": application.name,
        "directory": application.directory,
        "enabled": application.enabled,
        "rules": application.rules,
        "settings": application.settings,
        "credentials": credentials.iter().map(|one| credential_json(one)).collect::<Vec<_>>(),
    });
    let mut file = declaration::of(&stored, application)?;
    for credential in credentials {
        let (kind, id) = (&credential.kind, &credential.id);
        file.push_str(&format!("# {kind}/{id}: {}\n", lifetime(credential)));
    }
    output.show(&value, || file)
}

/// The application `PROVIDER/ID`.
///
/// # Errors
/// There is none; the error says how to find out which there are.
pub fn find<'a>(stored: &'a Declarations, name: &str) -> Result<&'a ApplicationRecord, Misuse> {
    let (provider, id) = name.split_once('/').ok_or_else(|| {
        Misuse(format!(
            "`{name}` names no application; write PROVIDER/ID, for example xdua/A3bdXNT3"
        ))
    })?;
    stored
        .applications
        .iter()
        .find(|application| application.provider == provider && application.id == id)
        .ok_or_else(|| {
            Misuse(format!(
                "there is no application `{name}`; list them with: signupctl app list"
            ))
        })
}

/// A credential without its secret.
pub fn credential_json(credential: &CredentialRecord) -> Value {
    json!({
        "provider": credential.provider,
        "application": credential.application_id,
        "kind": credential.kind,
        "id": credential.id,
        "created_at": Timestamp::from_millis(credential.created_at).to_string(),
        "expires_at": credential.expires_at.map(|end| Timestamp::from_millis(end).to_string()),
    })
}

/// When a credential was made and when it ends, for people.
pub fn lifetime(credential: &CredentialRecord) -> String {
    let made = Timestamp::from_millis(credential.created_at);
    match credential.expires_at.map(Timestamp::from_millis) {
        None => format!("made {made}"),
        Some(end) if end <= now() => format!("made {made}, ended {end}"),
        Some(end) => format!("made {made}, ends {end}"),
    }
}

fn credentials_of<'a>(
    stored: &'a Declarations,
    application: &'a ApplicationRecord,
) -> impl Iterator<Item = &'a CredentialRecord> {
    stored.credentials.iter().filter(|credential| {
        credential.provider == application.provider
            && credential.application_id.as_deref() == Some(application.id.as_str())
    })
}
