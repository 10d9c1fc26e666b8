//! Finding users.
//!
//! Every statement in here names a whole primary key or unique key, whatever is looked for: sign-ups pay for no index
//! that only operators need.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde_json::{Map, Value};
use signup_core::identifier::IdentifierKind;
use signup_core::time::Timestamp;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::schema::{directories, identifiers, users};
use crate::store::Store;
use crate::users::owner_of;

/// A user as operators see it. The password hash stays in the database.
#[derive(Clone, Debug)]
pub struct UserRecord {
    /// Our own id.
    pub id: String,
    /// The id that the provider's clients see.
    pub public_id: String,
    /// The provider whose API the user signed up through.
    pub provider: String,
    /// The directory that the user is in.
    pub directory: String,
    /// The application that the user signed up through.
    pub application: String,
    /// Identifiers: kind, as typed, normalised, verified.
    pub identifiers: Vec<(String, String, String, bool)>,
    /// Whether the user has a password.
    pub has_password: bool,
    /// Profile, contact, attribution and membership fields.
    pub profile: Map<String, Value>,
    /// The request that created the user.
    pub request_id: String,
    /// When.
    pub created_at: Timestamp,
}

impl Store {
    /// The user that a provider's clients know by this id.
    ///
    /// # Errors
    /// The database is unavailable, or the row cannot be read.
    pub async fn find_user(
        &self,
        provider: &str,
        public_id: &str,
    ) -> Result<Option<UserRecord>, StoreError> {
        let (provider, public_id) = (provider.to_owned(), public_id.to_owned());
        self.run(move |connection| {
            by_public_id(connection, &provider, &public_id)?
                .map(|row| with_identifiers(connection, row))
                .transpose()
        })
        .await
    }

    /// Whether a provider's clients know a user by this id.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn has_user(&self, provider: &str, public_id: &str) -> Result<bool, StoreError> {
        let (provider, public_id) = (provider.to_owned(), public_id.to_owned());
        self.run(move |connection| Ok(by_public_id(connection, &provider, &public_id)?.is_some()))
            .await
    }

    /// The users that `needle` names in any provider's directories, the oldest first: a public id, our own id, or an
    /// identifier in its normalised form.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn find_users(&self, needle: &str) -> Result<Vec<UserRecord>, StoreError> {
        let needle = needle.to_owned();
        self.run(move |connection| {
            let mut rows = find(connection, &needle)?;
            rows.sort_by(|one, other| {
                (one.created_at, &one.id).cmp(&(other.created_at, &other.id))
            });
            rows.dedup_by(|one, other| one.id == other.id);
            rows.into_iter()
                .map(|row| with_identifiers(connection, row))
                .collect()
        })
        .await
    }

    /// Whether an application has users in this directory, by whose names or addresses they would be recognised.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn has_users(
        &self,
        provider: &str,
        application: &str,
        directory: &str,
    ) -> Result<bool, StoreError> {
        let (provider, application) = (provider.to_owned(), application.to_owned());
        let directory = directory.to_owned();
        self.run(move |connection| {
            // By the directory, which is the head of a key; users have no index by their applications.
            let found: Option<String> = identifiers::table
                .inner_join(users::table.on(users::id.eq(identifiers::user_id)))
                .filter(identifiers::provider.eq(&provider))
                .filter(identifiers::directory_id.eq(&directory))
                .filter(users::application_id.eq(&application))
                .select(users::id)
                .first(connection)
                .optional()?;
            Ok(found.is_some())
        })
        .await
    }
}

fn find(connection: &mut AnyConnection, needle: &str) -> QueryResult<Vec<UserRow>> {
    // A handful; they are never removed, so every user is in one of them.
    let directories: Vec<(String, String)> = directories::table
        .select((directories::provider, directories::id))
        .load(connection)?;
    let mut ids = vec![needle.to_owned()];
    for (provider, directory) in &directories {
        for kind in IdentifierKind::ALL {
            ids.extend(owner_of(connection, provider, directory, kind, needle)?);
        }
    }
    let mut found = Vec::new();
    for id in ids {
        found.extend(users::table.find(id).first(connection).optional()?);
    }
    let providers: BTreeSet<&String> = directories.iter().map(|(provider, _)| provider).collect();
    for provider in providers {
        found.extend(by_public_id(connection, provider, needle)?);
    }
    Ok(found)
}

pub(crate) fn by_public_id(
    connection: &mut AnyConnection,
    provider: &str,
    public_id: &str,
) -> QueryResult<Option<UserRow>> {
    users::table
        .filter(users::provider.eq(provider))
        .filter(users::public_id.eq(public_id))
        .first(connection)
        .optional()
}

/// A row of the table of users.
#[derive(Queryable)]
pub(crate) struct UserRow {
    pub(crate) id: String,
    provider: String,
    pub(crate) public_id: String,
    pub(crate) directory: String,
    pub(crate) application: String,
    pub(crate) password_hash: Option<String>,
    profile: String,
    request_id: String,
    pub(crate) created_at: i64,
}

/// The profile in a row.
pub(crate) fn profile_of(row: &UserRow) -> Result<Map<String, Value>, StoreError> {
    serde_json::from_str(&row.profile)
        .map_err(|error| StoreError::unreadable(format!("the profile of user {}", row.id), error))
}

pub(crate) fn with_identifiers(
    connection: &mut AnyConnection,
    row: UserRow,
) -> Result<UserRecord, StoreError> {
    let identifiers = identifiers::table
        .filter(identifiers::user_id.eq(&row.id))
        .order(identifiers::kind)
        .select((
            identifiers::kind,
            identifiers::display,
            identifiers::key,
            identifiers::verified,
        ))
        .load(connection)?;
    let profile = profile_of(&row)?;
    Ok(UserRecord {
        id: row.id,
        public_id: row.public_id,
        provider: row.provider,
        directory: row.directory,
        application: row.application,
        identifiers,
        has_password: row.password_hash.is_some(),
        profile,
        request_id: row.request_id,
        created_at: Timestamp::from_millis(row.created_at),
    })
}
