//! Directories, applications and credentials: read whole by running services, changed by operators.

use diesel::prelude::*;
use serde_json::Value;

use crate::audit::ChangeAuthor;
use crate::connection::AnyConnection;
use crate::declaration_changes;
use crate::error::{StoreError, is_unique_violation};
use crate::schema::{applications, credentials, declaration_revision, directories};
use crate::store::Store;

/// Everything that operators have declared, as stored.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    /// Grows with every change.
    pub revision: i64,
    /// Directories: provider, id, settings.
    pub directories: Vec<(String, String, Value)>,
    /// Applications.
    pub applications: Vec<ApplicationRecord>,
    /// Credentials, still sealed.
    pub credentials: Vec<CredentialRecord>,
}

/// An application as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplicationRecord {
    /// The provider whose API its clients speak.
    pub provider: String,
    /// Its id.
    pub id: String,
    /// The directory that its users go to.
    pub directory: String,
    /// Its name for people.
    pub name: String,
    /// Whether it signs anybody up.
    pub enabled: bool,
    /// Rules of every provider's applications.
    pub rules: Value,
    /// The provider's own settings.
    pub settings: Value,
}

/// A credential as stored: without a secret that is of use to who reads the table.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = credentials, treat_none_as_null = true)]
pub struct CredentialRecord {
    /// The provider it belongs to.
    pub provider: String,
    /// The name of its kind.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// The application it belongs to, if not all of the provider's.
    pub application_id: Option<String>,
    /// SHA-256 of the secret, hex.
    pub secret_hash: Option<String>,
    /// The sealed secret or private key.
    pub sealed: Option<String>,
    /// The public key, PEM.
    pub public_pem: Option<String>,
    /// When it was made, Unix ms.
    pub created_at: i64,
    /// When it ends, Unix ms.
    pub expires_at: Option<i64>,
}

/// A change to what is declared.
#[derive(Clone, Debug)]
pub enum Change {
    /// Makes or replaces a directory: provider, id, settings.
    PutDirectory(String, String, Value),
    /// Makes or replaces an application.
    PutApplication(ApplicationRecord),
    /// Makes a credential whose id nobody has; if somebody has, no change is made. The way for new secrets: of two that
    /// are made at once under one id, one only may be shown.
    AddCredential(CredentialRecord),
    /// Makes or replaces a credential.
    PutCredential(CredentialRecord),
}

impl Store {
    /// The number that grows with every change: cheap to ask for.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn declaration_revision(&self) -> Result<i64, StoreError> {
        self.run(revision).await
    }

    /// Everything that is declared.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn declarations(&self) -> Result<Declarations, StoreError> {
        self.run(|connection| {
            // The revision is read first: a change that slips in between is then read again, never missed.
            let revision = revision(connection)?;
            let directories: Vec<(String, String, String)> = directories::table.load(connection)?;
            let applications: Vec<ApplicationRow> = applications::table.load(connection)?;
            Ok(Declarations {
                revision,
                directories: directories
                    .into_iter()
                    .map(|(provider, id, settings)| {
                        let settings = json(&settings, "directory", &id)?;
                        Ok((provider, id, settings))
                    })
                    .collect::<Result<_, StoreError>>()?,
                applications: applications
                    .into_iter()
                    .map(ApplicationRow::read)
                    .collect::<Result<_, StoreError>>()?,
                credentials: credentials::table.load(connection)?,
            })
        })
        .await
    }

    /// Makes all changes or none, and notes nowhere who made them: for what a program declares by itself.
    ///
    /// # Errors
    /// The database is unavailable, a change contradicts another (an application in a directory that is not there), or a
    /// credential to be added exists.
    pub async fn change_declarations(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        self.change(changes, None, None).await.map(drop)
    }

    /// Makes all changes or none, and writes into the history and the audit log who made them. With a revision, only if it is still the
    /// present one; false if it is not, and then nothing is changed: somebody else was faster.
    ///
    /// # Errors
    /// See [`Store::change_declarations`].
    pub async fn change_declarations_as(
        &self,
        author: ChangeAuthor,
        changes: Vec<Change>,
        revision: Option<i64>,
    ) -> Result<bool, StoreError> {
        self.change(changes, Some(author), revision).await
    }

    async fn change(
        &self,
        changes: Vec<Change>,
        author: Option<ChangeAuthor>,
        present: Option<i64>,
    ) -> Result<bool, StoreError> {
        use declaration_revision::revision;
        self.transaction(move |connection| {
            let next = diesel::update(declaration_revision::table).set(revision.eq(revision + 1));
            let counted = match present {
                Some(present) => next.filter(revision.eq(present)).execute(connection)?,
                None => next.execute(connection)?,
            };
            if counted == 0 {
                return Ok(false);
            }
            for change in &changes {
                let before = match &author {
                    Some(_) => declaration_changes::before(connection, change)?,
                    None => None,
                };
                put(connection, change)?;
                if let Some(author) = &author {
                    declaration_changes::note(connection, author, change, before)?;
                }
            }
            Ok(true)
        })
        .await
    }
}

/// The application of this id.
pub(crate) fn find_application(
    connection: &mut AnyConnection,
    provider: &str,
    id: &str,
) -> Result<Option<ApplicationRecord>, StoreError> {
    let row: Option<ApplicationRow> = applications::table
        .find((provider, id))
        .first(connection)
        .optional()?;
    row.map(ApplicationRow::read).transpose()
}

fn revision(connection: &mut AnyConnection) -> Result<i64, StoreError> {
    Ok(declaration_revision::table
        .select(declaration_revision::revision)
        .first(connection)?)
}

fn put(connection: &mut AnyConnection, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::PutDirectory(provider, id, settings) => {
            let settings = settings.to_string();
            let updated = diesel::update(directories::table.find((provider, id)))
                .set(directories::settings.eq(&settings))
                .execute(connection)?;
            if updated == 0 {
                diesel::insert_into(directories::table)
                    .values((
                        directories::provider.eq(provider),
                        directories::id.eq(id),
                        directories::settings.eq(&settings),
                    ))
                    .execute(connection)?;
            }
        }
        Change::PutApplication(application) => put_application(connection, application)?,
        Change::AddCredential(credential) => add_credential(connection, credential)?,
        Change::PutCredential(credential) => {
            let key = (&credential.provider, &credential.kind, &credential.id);
            let updated = diesel::update(credentials::table.find(key))
                .set(credential)
                .execute(connection)?;
            if updated == 0 {
                diesel::insert_into(credentials::table)
                    .values(credential)
                    .execute(connection)?;
            }
        }
    }
    Ok(())
}

fn add_credential(
    connection: &mut AnyConnection,
    credential: &CredentialRecord,
) -> Result<(), StoreError> {
    let added = diesel::insert_into(credentials::table)
        .values(credential)
        .execute(connection);
    match added {
        Err(error) if is_unique_violation(&error) => Err(StoreError::Statement(format!(
            "{}/{}/{} exists already; nothing was changed",
            credential.provider, credential.kind, credential.id
        ))),
        other => Ok(other.map(drop)?),
    }
}

fn put_application(
    connection: &mut AnyConnection,
    application: &ApplicationRecord,
) -> Result<(), StoreError> {
    let values = (
        applications::directory_id.eq(&application.directory),
        applications::name.eq(&application.name),
        applications::enabled.eq(application.enabled),
        applications::rules.eq(application.rules.to_string()),
        applications::settings.eq(application.settings.to_string()),
    );
    let key = (&application.provider, &application.id);
    let updated = diesel::update(applications::table.find(key))
        .set(values.clone())
        .execute(connection)?;
    if updated == 0 {
        diesel::insert_into(applications::table)
            .values((
                applications::provider.eq(&application.provider),
                applications::id.eq(&application.id),
                values,
            ))
            .execute(connection)?;
    }
    Ok(())
}

#[derive(Queryable)]
struct ApplicationRow {
    provider: String,
    id: String,
    directory: String,
    name: String,
    enabled: bool,
    rules: String,
    settings: String,
}

impl ApplicationRow {
    fn read(self) -> Result<ApplicationRecord, StoreError> {
        Ok(ApplicationRecord {
            rules: json(&self.rules, "application", &self.id)?,
            settings: json(&self.settings, "application", &self.id)?,
            provider: self.provider,
            id: self.id,
            directory: self.directory,
            name: self.name,
            enabled: self.enabled,
        })
    }
}

fn json(text: &str, what: &str, id: &str) -> Result<Value, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::unreadable(format!("{what} {id}"), error))
}
