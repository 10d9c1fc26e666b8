//! Comparing users who are to be taken over with those who are there.

use std::collections::{BTreeSet, HashMap};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use serde_json::{Map, Value};
use signup_core::identifier::IdentifierKind;
use signup_core::user::NewUser;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::find_users::{UserRow, profile_of};
use crate::schema::{identifiers, users};
use crate::store::Store;

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

/// For one transaction. An import fills tables that were never analysed, and a plan that was made when they were empty would
/// read them from end to end for every question.
const PLANNING: &str =
    "SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_custom_plan";

impl Store {
    /// Compares users with those who have their identifiers or their public ids: all of them in a handful of statements,
    /// the answers in the same order. A hint about what was there at that moment: whether a user can be written is decided
    /// by [`Store::sign_up`] alone.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn compare_users(
        &self,
        users: Vec<(NewUser, MadeUp)>,
    ) -> Result<Vec<Comparison>, StoreError> {
        self.run(move |connection| {
            let there = connection.transaction::<_, StoreError, _>(|connection| {
                if let AnyConnection::Postgres(connection) = connection {
                    connection.batch_execute(PLANNING)?;
                }
                There::find(connection, &users)
            })?;
            users
                .iter()
                .map(|(user, made_up)| there.compare(user, *made_up))
                .collect()
        })
        .await
    }
}

/// Those who have anything that the compared users want.
struct There {
    /// Ids of ours by provider, directory, kind and normalised form.
    owners: HashMap<(String, String, String, String), String>,
    /// Ids of ours by provider and public id.
    public_ids: HashMap<(String, String), String>,
    users: HashMap<String, UserRow>,
    /// By our id: kind, normalised form, verified.
    identifiers: HashMap<String, Vec<(String, String, bool)>>,
}

impl There {
    fn find(
        connection: &mut AnyConnection,
        wanted: &[(NewUser, MadeUp)],
    ) -> Result<Self, StoreError> {
        let owners = owners(connection, wanted)?;
        let mut by_provider = HashMap::<&str, Vec<&str>>::new();
        for (user, _) in wanted.iter().filter(|(_, made_up)| !made_up.public_id) {
            let ids = by_provider.entry(&user.provider).or_default();
            ids.push(&user.public_id);
        }
        let mut found: Vec<UserRow> = users::table
            .filter(users::id.eq_any(owners.values()))
            .load(connection)?;
        for (provider, public_ids) in by_provider {
            let rows = users::table
                .filter(users::provider.eq(provider))
                .filter(users::public_id.eq_any(public_ids))
                .load::<UserRow>(connection)?;
            found.extend(rows);
        }
        let ids: Vec<&str> = found.iter().map(|user| user.id.as_str()).collect();
        let rows: Vec<(String, String, String, bool)> = identifiers::table
            .filter(identifiers::user_id.eq_any(&ids))
            .order((identifiers::kind, identifiers::key))
            .select((
                identifiers::user_id,
                identifiers::kind,
                identifiers::key,
                identifiers::verified,
            ))
            .load(connection)?;
        let mut identifiers = HashMap::<_, Vec<_>>::new();
        for (user, kind, key, verified) in rows {
            let of_user = identifiers.entry(user).or_default();
            of_user.push((kind, key, verified));
        }
        Ok(Self {
            owners,
            public_ids: found
                .iter()
                .map(|user| {
                    let name = (user.provider.clone(), user.public_id.clone());
                    (name, user.id.clone())
                })
                .collect(),
            users: found
                .into_iter()
                .map(|user| (user.id.clone(), user))
                .collect(),
            identifiers,
        })
    }

    fn compare(&self, user: &NewUser, made_up: MadeUp) -> Result<Comparison, StoreError> {
        let mut ids = BTreeSet::new();
        for taken in &user.identifiers {
            ids.extend(self.owners.get(&(
                user.provider.clone(),
                user.directory.clone(),
                taken.identifier.kind().as_str().to_owned(),
                taken.identifier.key().to_owned(),
            )));
        }
        if !made_up.public_id {
            let name = (user.provider.clone(), user.public_id.clone());
            ids.extend(self.public_ids.get(&name));
        }
        let found: Vec<&UserRow> = ids.iter().filter_map(|id| self.users.get(*id)).collect();
        let [there] = found.as_slice() else {
            let with: Vec<String> = found.iter().map(|user| user.public_id.clone()).collect();
            return Ok(if with.is_empty() {
                Comparison::New
            } else {
                Comparison::Conflict {
                    with,
                    differs: Vec::new(),
                }
            });
        };
        let differs = self.differences(user, made_up, there)?;
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
        &self,
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
        let theirs = self.identifiers.get(&there.id);
        for kind in IdentifierKind::ALL {
            let mine = user.identifiers.iter();
            let mine = mine.filter(|taken| taken.identifier.kind() == kind);
            let mine = mine.map(|taken| (taken.identifier.key(), taken.verified));
            let theirs = theirs.into_iter().flatten();
            let theirs = theirs.filter(|(known, ..)| known == kind.as_str());
            let theirs = theirs.map(|(_, key, verified)| (key.as_str(), *verified));
            note(!mine.eq(theirs), kind.as_str());
        }
        note(there.password_hash.as_deref() != hash, "password_hash");
        note(profile != user.profile, "profile");
        note(
            !made_up.created_at && there.created_at != user.created_at.as_millis(),
            "created_at",
        );
        Ok(differs)
    }
}

/// The owners of all identifiers, one statement for each provider, directory and kind.
fn owners(
    connection: &mut AnyConnection,
    wanted: &[(NewUser, MadeUp)],
) -> QueryResult<HashMap<(String, String, String, String), String>> {
    let mut keys = HashMap::<(&str, &str, &str), Vec<&str>>::new();
    for (user, _) in wanted {
        for taken in &user.identifiers {
            let kind = taken.identifier.kind().as_str();
            let place = (user.provider.as_str(), user.directory.as_str(), kind);
            keys.entry(place).or_default().push(taken.identifier.key());
        }
    }
    let mut owners = HashMap::new();
    for ((provider, directory, kind), keys) in keys {
        let rows: Vec<(String, String)> = identifiers::table
            .filter(identifiers::provider.eq(provider))
            .filter(identifiers::directory_id.eq(directory))
            .filter(identifiers::kind.eq(kind))
            .filter(identifiers::key.eq_any(keys))
            .select((identifiers::key, identifiers::user_id))
            .load(connection)?;
        for (key, user) in rows {
            let name = (
                provider.to_owned(),
                directory.to_owned(),
                kind.to_owned(),
                key,
            );
            owners.insert(name, user);
        }
    }
    Ok(owners)
}
