//! Comparing users who are to be taken over with those who are there.

use std::collections::{BTreeSet, HashMap};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use serde_json::{Map, Value};
use signup_core::identifier::IdentifierKind;
use signup_core::user::NewUser;

use crate::arrays::{Column, OverArrays, Statement, integers, text};
use crate::connection::{AnyConnection, plan_by_index};
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

/// Answers with the place of each wanted user and the id of somebody who has what it wants. Rows are looked up as those of a
/// batch of sign-ups are: a list of keys in a condition would be slower with every user, because what the planner believes
/// of a directory that is being filled is wrong.
struct InTheWay;

impl Statement for InTheWay {
    const SQL: &'static str = "\
WITH names AS MATERIALIZED (SELECT * FROM unnest(?, ?, ?, ?, ?) AS given(place, provider, directory, kind, key)),
  ids AS MATERIALIZED (SELECT * FROM unnest(?, ?, ?) AS given(place, provider, public_id)),
  found AS MATERIALIZED (
    SELECT place, (SELECT taken.user_id FROM identifiers AS taken
        WHERE taken.provider = names.provider AND taken.directory_id = names.directory
          AND taken.kind = names.kind AND taken.key = names.key) AS id FROM names
    UNION ALL
    SELECT place, (SELECT there.id FROM users AS there
        WHERE there.provider = ids.provider AND there.public_id = ids.public_id) FROM ids)
SELECT place, id FROM found WHERE id IS NOT NULL";
    type Row = (Integer, Text);
}

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
                    connection.batch_execute(&plan_by_index("LOCAL"))?;
                }
                There::find(connection, &users)
            })?;
            users
                .iter()
                .zip(&there.in_the_way)
                .map(|((user, made_up), ids)| there.compare(user, *made_up, ids))
                .collect()
        })
        .await
    }
}

/// Those who have anything that the compared users want.
struct There {
    /// For each of the compared, the ids of ours.
    in_the_way: Vec<BTreeSet<String>>,
    users: HashMap<String, UserRow>,
    /// By our id: kind, normalised form, verified.
    identifiers: HashMap<String, Vec<(String, String, bool)>>,
}

impl There {
    fn find(
        connection: &mut AnyConnection,
        wanted: &[(NewUser, MadeUp)],
    ) -> Result<Self, StoreError> {
        let in_the_way = in_the_way(connection, wanted)?;
        let found: Vec<UserRow> = users::table
            .filter(users::id.eq_any(in_the_way.iter().flatten()))
            .load(connection)?;
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
            in_the_way,
            users: found
                .into_iter()
                .map(|user| (user.id.clone(), user))
                .collect(),
            identifiers,
        })
    }

    fn compare(
        &self,
        user: &NewUser,
        made_up: MadeUp,
        ids: &BTreeSet<String>,
    ) -> Result<Comparison, StoreError> {
        let found: Vec<&UserRow> = ids.iter().filter_map(|id| self.users.get(id)).collect();
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

/// For each of the wanted, who has one of its identifiers or its public id.
fn in_the_way(
    connection: &mut AnyConnection,
    wanted: &[(NewUser, MadeUp)],
) -> Result<Vec<BTreeSet<String>>, StoreError> {
    let mut ids = vec![BTreeSet::new(); wanted.len()];
    match connection {
        AnyConnection::Postgres(connection) => {
            let statement = OverArrays::<InTheWay>::new(columns(wanted));
            let found: Vec<(i32, String)> = statement.load(connection)?;
            for (place, id) in found {
                let ids = usize::try_from(place).ok().and_then(|at| ids.get_mut(at));
                ids.into_iter().for_each(|ids| _ = ids.insert(id.clone()));
            }
        }
        AnyConnection::Sqlite(_) => {
            for ((user, made_up), ids) in wanted.iter().zip(&mut ids) {
                let (provider, directory) = (&user.provider, &user.directory);
                for taken in &user.identifiers {
                    let (kind, key) = (taken.identifier.kind(), taken.identifier.key());
                    ids.extend(owner_of(connection, provider, directory, kind, key)?);
                }
                if !made_up.public_id {
                    let found = by_public_id(connection, provider, &user.public_id)?;
                    ids.extend(found.map(|found| found.id));
                }
            }
        }
    }
    Ok(ids)
}

/// The arrays of [`InTheWay`].
fn columns(wanted: &[(NewUser, MadeUp)]) -> Vec<Column<'_>> {
    let users = || (0..).zip(wanted);
    let names = || {
        users().flat_map(|(place, (user, _))| {
            user.identifiers
                .iter()
                .map(move |taken| (place, user, &taken.identifier))
        })
    };
    let ids = || users().filter(|(_, (_, made_up))| !made_up.public_id);
    vec![
        integers(names().map(|(place, ..)| place)),
        text(names().map(|(_, user, _)| user.provider.as_str())),
        text(names().map(|(_, user, _)| user.directory.as_str())),
        text(names().map(|(.., name)| name.kind().as_str())),
        text(names().map(|(.., name)| name.key())),
        integers(ids().map(|(place, _)| place)),
        text(ids().map(|(_, (user, _))| user.provider.as_str())),
        text(ids().map(|(_, (user, _))| user.public_id.as_str())),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use diesel::connection::SimpleConnection as _;

    use super::*;
    use crate::arrays::{migrated, ways_to_rows};

    #[test]
    fn every_row_is_looked_up_by_its_whole_key_whatever_the_statistics_say() {
        let (_database, mut connection) = migrated();
        for statistics in ["SELECT 1", "ANALYZE"] {
            connection.batch_execute(statistics).unwrap();
            let ways = ways_to_rows::<InTheWay>(&mut connection, &columns(&[])).unwrap();
            assert_eq!(ways.len(), 2, "{ways:#?}");
            for (_, condition) in &ways {
                let by_key = condition.contains("key = names.key");
                let by_public_id = condition.contains("public_id = ids.public_id");
                assert!(condition.contains("Index Cond: "), "{ways:#?}");
                assert!(by_key || by_public_id, "{ways:#?}");
            }
        }
    }
}
