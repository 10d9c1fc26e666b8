//! Stored applications as the files that would declare them.

use serde::Serialize;
use serde_json::Value;
use signup_core::credential::CredentialKind;
use signup_store::{ApplicationRecord, Declarations};

/// The file, in the order in which people write it.
#[derive(Serialize)]
struct File<'a> {
    provider: &'a str,
    directory: Vec<Directory<'a>>,
    application: [Application<'a>; 1],
}

#[derive(Serialize)]
struct Directory<'a> {
    id: &'a str,
    settings: Value,
}

#[derive(Serialize)]
struct Application<'a> {
    id: &'a str,
    directory: &'a str,
    name: &'a str,
    enabled: bool,
    rules: Value,
    settings: Value,
    /// An empty array would be written inline, and nothing could be added below it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    credential: Vec<Credential<'a>>,
}

#[derive(Serialize)]
struct Credential<'a> {
    kind: &'a str,
    id: &'a str,
}

/// The declaration file of one application with its directory and credentials, TOML.
///
/// # Errors
/// The stored settings hold something that TOML cannot express.
pub fn of(
    stored: &Declarations,
    application: &ApplicationRecord,
) -> Result<String, toml::ser::Error> {
    let provider = &application.provider;
    let directories = stored.directories.iter();
    let credentials = stored.credentials.iter();
    let file = File {
        provider,
        directory: directories
            .filter(|(owner, id, _)| owner == provider && *id == application.directory)
            .map(|(_, id, settings)| Directory {
                id,
                settings: without_nulls(settings.clone()),
            })
            .collect(),
        application: [Application {
            id: &application.id,
            directory: &application.directory,
            name: &application.name,
            enabled: application.enabled,
            rules: without_nulls(application.rules.clone()),
            settings: without_nulls(application.settings.clone()),
            credential: credentials
                .filter(|one| one.provider == *provider)
                .filter(|one| one.application_id.as_ref() == Some(&application.id))
                .map(|one| Credential {
                    kind: &one.kind,
                    id: &one.id,
                })
                .collect(),
        }],
    };
    toml::to_string(&file)
}

/// The file with one more credential of the application that it ends with: for asking the provider whether it would be
/// read.
pub fn with_credential(mut file: String, kind: CredentialKind, id: &str) -> String {
    file.push_str(&format!(
        "\n[[application.credential]]\nkind = \"{kind}\"\nid = {}\n",
        toml::Value::String(id.to_owned())
    ));
    file
}

/// TOML has no null: a key without a value is left out.
pub fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(
            object
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key, without_nulls(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        scalar => scalar,
    }
}
