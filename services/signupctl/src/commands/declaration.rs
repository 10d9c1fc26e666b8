//! Stored applications as the files that would declare them.

use serde_json::{Map, Value, json};
use signup_store::{ApplicationRecord, Declarations};

/// The declaration file of one application with its directory and credentials, TOML.
///
/// # Errors
/// The stored settings hold something that TOML cannot express.
pub fn of(stored: &Declarations, application: &ApplicationRecord) -> anyhow::Result<String> {
    let directory = stored.directories.iter().find(|(provider, id, _)| {
        *provider == application.provider && *id == application.directory
    });
    let mut file = Map::new();
    file.insert("provider".to_owned(), json!(application.provider));
    if let Some((_, id, settings)) = directory {
        let table = json!([{"id": id, "settings": settings}]);
        file.insert("directory".to_owned(), table);
    }
    let credentials: Vec<Value> = stored
        .credentials
        .iter()
        .filter(|credential| {
            credential.provider == application.provider
                && credential.application_id.as_deref() == Some(application.id.as_str())
        })
        .map(|credential| json!({"kind": credential.kind, "id": credential.id}))
        .collect();
    let table = json!([{
        "id": application.id,
        "directory": application.directory,
        "name": application.name,
        "enabled": application.enabled,
        "rules": application.rules,
        "settings": application.settings,
        "credential": credentials,
    }]);
    file.insert("application".to_owned(), table);
    Ok(toml::to_string(&without_nulls(Value::Object(file)))?)
}

/// TOML has no null: a key without a value is left out.
fn without_nulls(value: Value) -> Value {
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
