//! Comparing a user who is to be taken over with those who are there.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde_json::{Map, Value};
use signup_core::identifier::IdentifierKind;
use signup_core::user::NewUser;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::find_users::{UserRow, by_public_id, profile_of};
use crate::schema::{identifiers, users};
use crate::store::Store;
use crate::users::owner_of;

/// What of a user was made up for want of anything better, so that it says nothing about who the user is.
#[derive(Clone, Copy, Debug, Default)]
pub struct MadeUp {
    /// The public id.
    pub public_id: bool,
    /// The time of the sign-up.
    pub created_at: bool,
}

/// How a user compares with those who are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Nobody has any of its identifiers, or its public id.
    New,
    /// The same user is there, under this id of ours.
    Same(String),
    /// Somebody else is there, or the same one with other data.
    Conflict {
        /// The public ids of those who are in the way.
        with: Vec<String>,
        /// What is different, by the names of the fields; empty when more than one is in the way.
        differs: Vec<&'static str>,
    },
}

impl Store {
    /// Compares a user with those who have its identifiers or its public id. A hint about what a refused sign-up met:
    /// whether a user can be written is decided by [`Store::sign_up`] alone.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn compare_user(
        &self,
        user: NewUser,
        made_up: MadeUp,
    ) -> Result<Comparison, StoreError> {
        self.run(move |connection| compare(connection, &user, made_up))
            .await
    }
}

fn compare(
    connection: &mut AnyConnection,
    user: &NewUser,
    made_up: MadeUp,
) -> Result<Comparison, StoreError> {
    let mut ids = BTreeSet::new();
    for taken in &user.identifiers {
        let (kind, key) = (taken.identifier.kind(), taken.identifier.key());
        ids.extend(owner_of(
            connection,
            &user.provider,
            &user.directory,
            kind,
            key,
        )?);
    }
    if !made_up.public_id {
        let found = by_public_id(connection, &user.provider, &user.public_id)?;
        ids.extend(found.map(|found| found.id));
    }
    let mut found: Vec<UserRow> = Vec::new();
    for id in &ids {
        found.extend(users::table.find(id).first(connection).optional()?);
    }
    let [there] = found.as_slice() else {
        let with: Vec<String> = found.into_iter().map(|user| user.public_id).collect();
        return Ok(if with.is_empty() {
            Comparison::New
        } else {
            Comparison::Conflict {
                with,
                differs: Vec::new(),
            }
        });
    };
    let differs = differences(connection, user, made_up, there)?;
    Ok(if differs.is_empty() {
        Comparison::Same(there.id.clone())
    } else {
        Comparison::Conflict {
            with: vec![there.public_id.clone()],
            differs,
        }
    })
}

/// The names of the fields that are different.
fn differences(
    connection: &mut AnyConnection,
    user: &NewUser,
    made_up: MadeUp,
    there: &UserRow,
) -> Result<Vec<&'static str>, StoreError> {
    let profile: Map<String, Value> = profile_of(there)?;
    let hash = user.password_hash.as_ref().map(|hash| hash.as_str());
    let mut differs = Vec::new();
    let mut note = |is_different: bool, field| {
        if is_different {
            differs.push(field);
        }
    };
    note(there.directory != user.directory, "directory");
    note(there.application != user.application, "application");
    note(
        !made_up.public_id && there.public_id != user.public_id,
        "public_id",
    );
    let theirs = identifiers_of(connection, &there.id)?;
    for kind in IdentifierKind::ALL {
        let mine = user.identifiers.iter();
        let mine = mine.filter(|taken| taken.identifier.kind() == kind);
        let mine: Vec<_> = mine
            .map(|taken| (taken.identifier.key(), taken.verified))
            .collect();
        let theirs = theirs.iter().filter(|(known, ..)| known == kind.as_str());
        let theirs: Vec<_> = theirs
            .map(|(_, key, verified)| (key.as_str(), *verified))
            .collect();
        note(mine != theirs, kind.as_str());
    }
    note(there.password_hash.as_deref() != hash, "password_hash");
    note(profile != user.profile, "profile");
    note(
        !made_up.created_at && there.created_at != user.created_at.as_millis(),
        "created_at",
    );
    Ok(differs)
}

/// Kind, normalised form, verified.
fn identifiers_of(
    connection: &mut AnyConnection,
    id: &str,
) -> QueryResult<Vec<(String, String, bool)>> {
    identifiers::table
        .filter(identifiers::user_id.eq(id))
        .order((identifiers::kind, identifiers::key))
        .select((identifiers::kind, identifiers::key, identifiers::verified))
        .load(connection)
}
