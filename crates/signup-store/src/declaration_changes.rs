//! Who changed which declaration, when, and what it was before.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde_json::{Map, Value, json};
use signup_core::time::Timestamp;

use crate::audit::{self, ChangeAuthor};
use crate::connection::AnyConnection;
use crate::declarations::{ApplicationRecord, Change, CredentialRecord, find_application};
use crate::error::StoreError;
use crate::schema::{credentials, declaration_changes, directories};
use crate::store::Store;

/// One change that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct DeclarationChange {
    /// Its number; later changes have greater ones.
    pub sequence: i64,
    /// When it was made.
    pub time: Timestamp,
    /// `console` or `signupctl`.
    pub origin: String,
    /// The operator, or the user of the machine.
    pub author: String,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// The provider.
    pub provider: String,
    /// `directory`, `application` or `credential`.
    pub what: String,
    /// The id; of credentials `kind/id`.
    pub id: String,
    /// What it was; none if it is new.
    pub before: Option<Value>,
    /// What it is since.
    pub after: Option<Value>,
}

/// A key whose value changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The key with all that it stands below: `rules.password.min_length`.
    pub key: String,
    /// What it was; null when it was not there.
    pub before: Value,
    /// What it is; null when it is not there any more.
    pub after: Value,
}

/// Every key whose value differs, in the order of their names.
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    found
}

fn compare(key: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
            for name in names {
                let below = match key {
                    "" => name.clone(),
                    key => format!("{key}.{name}"),
                };
                let value = |side: &Map<String, Value>| side.get(name).cloned().unwrap_or_default();
                compare(&below, &value(before), &value(after), found);
            }
        }
        (before, after) if before == after => {}
        (before, after) => found.push(Difference {
            key: key.to_owned(),
            before: before.clone(),
            after: after.clone(),
        }),
    }
}

impl Store {
    /// The newest `most` changes of an application, of its credentials and of its directory, the newest first.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn declaration_changes(
        &self,
        provider: &str,
        application: &str,
        directory: &str,
        most: u32,
    ) -> Result<Vec<DeclarationChange>, StoreError> {
        let (provider, application) = (provider.to_owned(), application.to_owned());
        let directory = directory.to_owned();
        self.run(move |connection| {
            let newest = declaration_changes::table
                .filter(declaration_changes::provider.eq(&provider))
                .order(declaration_changes::sequence.desc())
                .limit(i64::from(most));
            // Two statements: only so both databases see which index fits.
            let mut rows: Vec<Row> = newest
                .filter(declaration_changes::application_id.eq(&application))
                .load(connection)?;
            let of_directory: Vec<Row> = newest
                .filter(declaration_changes::directory_id.eq(&directory))
                .filter(declaration_changes::what.eq("directory"))
                .load(connection)?;
            rows.extend(of_directory);
            rows.sort_by_key(|row| std::cmp::Reverse(row.sequence));
            rows.truncate(usize::try_from(most).unwrap_or(usize::MAX));
            rows.into_iter().map(Row::read).collect()
        })
        .await
    }
}

/// A change as the history shows it: what it is about, and what is there after it.
struct Noted {
    provider: String,
    what: &'static str,
    id: String,
    directory: Option<String>,
    application: Option<String>,
    after: Value,
}

/// What a change is about to replace.
pub(crate) fn before(
    connection: &mut AnyConnection,
    change: &Change,
) -> Result<Option<Value>, StoreError> {
    Ok(match change {
        Change::PutDirectory(provider, id, _) => {
            let settings: Option<String> = directories::table
                .find((provider, id))
                .select(directories::settings)
                .first(connection)
                .optional()?;
            settings
                .map(|settings| serde_json::from_str(&settings))
                .transpose()
                .map_err(|error| StoreError::unreadable(format!("directory {id}"), error))?
        }
        Change::PutApplication(application) => {
            find_application(connection, &application.provider, &application.id)?
                .as_ref()
                .map(describe)
        }
        Change::AddCredential(credential) | Change::PutCredential(credential) => {
            let key = (&credential.provider, &credential.kind, &credential.id);
            let row: Option<CredentialRecord> =
                credentials::table.find(key).first(connection).optional()?;
            row.as_ref().map(describe_credential)
        }
    })
}

/// Writes a change into the history and the audit log, unless it changes nothing.
pub(crate) fn note(
    connection: &mut AnyConnection,
    author: &ChangeAuthor,
    change: &Change,
    before: Option<Value>,
) -> Result<(), StoreError> {
    let noted = Noted::of(change);
    if before.as_ref() == Some(&noted.after) {
        return Ok(());
    }
    let (action, details) = noted.told(before.as_ref());
    let object = format!("{}/{}", noted.provider, noted.id);
    audit::insert(connection, &author.did(&action, Some(&object), details))?;
    diesel::insert_into(declaration_changes::table)
        .values((
            declaration_changes::time.eq(author.time.as_millis()),
            declaration_changes::origin.eq(author.origin),
            declaration_changes::author.eq(&author.name),
            declaration_changes::request_id.eq(&author.request_id),
            declaration_changes::provider.eq(noted.provider),
            declaration_changes::what.eq(noted.what),
            declaration_changes::id.eq(noted.id),
            declaration_changes::directory_id.eq(noted.directory),
            declaration_changes::application_id.eq(noted.application),
            declaration_changes::before.eq(before.map(|value| value.to_string())),
            declaration_changes::after.eq(noted.after.to_string()),
        ))
        .execute(connection)?;
    Ok(())
}

impl Noted {
    fn of(change: &Change) -> Self {
        match change {
            Change::PutDirectory(provider, id, settings) => Self {
                provider: provider.clone(),
                what: "directory",
                id: id.clone(),
                directory: Some(id.clone()),
                application: None,
                after: settings.clone(),
            },
            Change::PutApplication(application) => Self {
                provider: application.provider.clone(),
                what: "application",
                id: application.id.clone(),
                directory: Some(application.directory.clone()),
                application: Some(application.id.clone()),
                after: describe(application),
            },
            Change::AddCredential(credential) | Change::PutCredential(credential) => Self {
                provider: credential.provider.clone(),
                what: "credential",
                id: format!("{}/{}", credential.kind, credential.id),
                directory: None,
                application: credential.application_id.clone(),
                after: describe_credential(credential),
            },
        }
    }
}

impl Noted {
    /// The action for the audit log, and more about it. Values are in the history; here it is enough which keys.
    fn told(&self, before: Option<&Value>) -> (String, Value) {
        let (what, application) = (self.what, self.application.as_deref());
        match (what, before) {
            ("credential", None) => (
                "credential_created".to_owned(),
                json!({"application": application}),
            ),
            ("credential", Some(_)) => (
                "credential_revoked".to_owned(),
                json!({"application": application, "ends": self.after["expires_at"]}),
            ),
            ("application", None) => {
                let of = |key: &str| &self.after[key];
                let details = json!({"name": of("name"), "directory": of("directory"), "enabled": of("enabled")});
                ("application_created".to_owned(), details)
            }
            (what, None) => (format!("{what}_created"), json!({})),
            (what, Some(before)) => {
                let changed = differences(before, &self.after).into_iter();
                let keys: Vec<String> = changed.map(|one| one.key).collect();
                (format!("{what}_changed"), json!({"changed": keys}))
            }
        }
    }
}

fn describe(application: &ApplicationRecord) -> Value {
    json!({
        "directory": application.directory,
        "name": application.name,
        "enabled": application.enabled,
        "rules": application.rules,
        "settings": application.settings,
    })
}

/// Without the secret, in whatever form: the history is for people to read.
fn describe_credential(credential: &CredentialRecord) -> Value {
    json!({
        "created_at": Timestamp::from_millis(credential.created_at).to_string(),
        "expires_at": credential
            .expires_at
            .map(|end| Timestamp::from_millis(end).to_string()),
    })
}

#[derive(Queryable)]
struct Row {
    sequence: i64,
    time: i64,
    origin: String,
    author: String,
    request_id: Option<String>,
    provider: String,
    what: String,
    id: String,
    _directory: Option<String>,
    _application: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

impl Row {
    fn read(self) -> Result<DeclarationChange, StoreError> {
        let sequence = self.sequence;
        let read = |text: Option<String>| {
            text.map(|text| serde_json::from_str(&text))
                .transpose()
                .map_err(|error| StoreError::unreadable(format!("change {sequence}"), error))
        };
        Ok(DeclarationChange {
            sequence,
            time: Timestamp::from_millis(self.time),
            origin: self.origin,
            author: self.author,
            request_id: self.request_id,
            provider: self.provider,
            what: self.what,
            id: self.id,
            before: read(self.before)?,
            after: read(self.after)?,
        })
    }
}
