//! Operators of the console and their sessions.

use std::fmt;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use serde_json::{Value, json};
use signup_core::operator::Role;
use signup_core::time::Timestamp;
use signup_core::user::PasswordHash;

use crate::audit::{self, ChangeAuthor};
use crate::error::StoreError;
use crate::schema::{operator_sessions, operators};
use crate::store::Store;

/// A session that is used is noted as used no more often than this.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// Somebody who may use the console.
#[derive(Clone, PartialEq, Eq)]
pub struct Operator {
    /// The name to sign in with.
    pub name: String,
    /// The hash of the password.
    pub password_hash: PasswordHash,
    /// What the operator may do.
    pub role: Role,
    /// Whether the operator is kept out.
    pub disabled: bool,
    /// When the operator was made.
    pub created_at: Timestamp,
    /// When the password was set.
    pub password_changed_at: Timestamp,
}

impl fmt::Debug for Operator {
    /// Without the hash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator")
            .field("name", &self.name)
            .field("role", &self.role)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// A change of an operator.
#[derive(Clone)]
pub enum OperatorChange {
    /// Another password; ends all sessions.
    Password(PasswordHash, Timestamp),
    /// Another password of the operator's own choice, if what proved who it is still holds; ends all sessions.
    OwnPassword {
        /// The session's `token_hash`.
        session: String,
        /// The hash that the present password was compared with.
        present: PasswordHash,
        /// The new one.
        hash: PasswordHash,
        /// The present.
        now: Timestamp,
    },
    /// Another role.
    Role(Role),
    /// Keeps the operator out, and ends all sessions.
    Disable,
    /// Lets the operator in again.
    Enable,
}

impl OperatorChange {
    /// The action for the audit log, and more about it.
    fn told(&self) -> (&'static str, Value) {
        match self {
            Self::Password(..) => ("operator_password_set", json!({})),
            Self::OwnPassword { .. } => ("password_changed", json!({})),
            Self::Role(role) => ("operator_role_changed", json!({"role": role.as_str()})),
            Self::Disable => ("operator_disabled", json!({})),
            Self::Enable => ("operator_enabled", json!({})),
        }
    }
}

#[derive(AsChangeset)]
#[diesel(table_name = operators)]
struct NewPassword<'a> {
    password_hash: &'a str,
    password_changed_at: i64,
}

impl<'a> NewPassword<'a> {
    fn new(hash: &'a PasswordHash, now: Timestamp) -> Self {
        Self {
            password_hash: hash.as_str(),
            password_changed_at: now.as_millis(),
        }
    }
}

/// A sign-in that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorSession {
    /// SHA-256 of the token, hex.
    pub token_hash: String,
    /// Who is signed in.
    pub operator: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When it ends, however often it is used.
    pub ends_at: Timestamp,
}

#[derive(Queryable)]
struct OperatorRow {
    name: String,
    password_hash: String,
    role: String,
    disabled: bool,
    created_at: i64,
    password_changed_at: i64,
}

impl OperatorRow {
    fn read(self) -> Result<Operator, StoreError> {
        let role = self.role.parse();
        Ok(Operator {
            role: role.map_err(|problem| {
                StoreError::unreadable(format!("operator {}", self.name), problem)
            })?,
            name: self.name,
            password_hash: PasswordHash::new(self.password_hash),
            disabled: self.disabled,
            created_at: Timestamp::from_millis(self.created_at),
            password_changed_at: Timestamp::from_millis(self.password_changed_at),
        })
    }
}

impl Store {
    /// Stores a new operator, and notes that; false if the name is taken.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn insert_operator(
        &self,
        operator: &Operator,
        author: &ChangeAuthor,
    ) -> Result<bool, StoreError> {
        let operator = operator.clone();
        let details = json!({"role": operator.role.as_str()});
        let noted = author.did("operator_created", Some(&operator.name), details);
        self.transaction(move |connection| {
            let inserted = diesel::sql_query(
                "INSERT INTO operators \
                   (name, password_hash, role, disabled, created_at, password_changed_at) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING",
            )
            .bind::<Text, _>(&operator.name)
            .bind::<Text, _>(operator.password_hash.as_str())
            .bind::<Text, _>(operator.role.as_str())
            .bind::<Bool, _>(operator.disabled)
            .bind::<BigInt, _>(operator.created_at.as_millis())
            .bind::<BigInt, _>(operator.password_changed_at.as_millis())
            .execute(connection)?;
            if inserted == 1 {
                audit::insert(connection, &noted)?;
            }
            Ok(inserted == 1)
        })
        .await
    }

    /// All operators, in the order of their names.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn operators(&self) -> Result<Vec<Operator>, StoreError> {
        self.run(|connection| {
            let rows: Vec<OperatorRow> =
                operators::table.order(operators::name).load(connection)?;
            rows.into_iter().map(OperatorRow::read).collect()
        })
        .await
    }

    /// The operator of this name.
    ///
    /// # Errors
    /// The database is unavailable, or the row cannot be read.
    pub async fn find_operator(&self, name: &str) -> Result<Option<Operator>, StoreError> {
        let name = name.to_owned();
        self.run(move |connection| {
            let row: Option<OperatorRow> =
                operators::table.find(name).first(connection).optional()?;
            row.map(OperatorRow::read).transpose()
        })
        .await
    }

    /// Changes an operator, and notes that; false if there is none of this name. Who has a new password or is kept out is
    /// signed out everywhere at the same moment. A role or state that the operator has already is not noted again.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn change_operator(
        &self,
        name: &str,
        change: OperatorChange,
        author: &ChangeAuthor,
    ) -> Result<bool, StoreError> {
        let name = name.to_owned();
        let (action, details) = change.told();
        let noted = author.did(action, Some(&name), details);
        self.transaction(move |connection| {
            let target = operators::table.find(&name);
            let is_own = matches!(change, OperatorChange::OwnPassword { .. });
            let ends_sessions = !matches!(change, OperatorChange::Role(_) | OperatorChange::Enable);
            let changed = match change {
                OperatorChange::Password(hash, now) => diesel::update(target)
                    .set(NewPassword::new(&hash, now))
                    .execute(connection)?,
                OperatorChange::OwnPassword {
                    session,
                    present,
                    hash,
                    now,
                } => {
                    // What was looked at must still hold: somebody may have set another password, or ended the session.
                    let session = operator_sessions::table
                        .find(session)
                        .filter(operator_sessions::operator.eq(&name));
                    let target = target
                        .filter(operators::password_hash.eq(present.as_str()))
                        .filter(operators::disabled.eq(false))
                        .filter(diesel::dsl::exists(session));
                    diesel::update(target)
                        .set(NewPassword::new(&hash, now))
                        .execute(connection)?
                }
                OperatorChange::Role(role) => {
                    diesel::update(target.filter(operators::role.ne(role.as_str())))
                        .set(operators::role.eq(role.as_str()))
                        .execute(connection)?
                }
                OperatorChange::Disable => {
                    diesel::update(target.filter(operators::disabled.eq(false)))
                        .set(operators::disabled.eq(true))
                        .execute(connection)?
                }
                OperatorChange::Enable => {
                    diesel::update(target.filter(operators::disabled.eq(true)))
                        .set(operators::disabled.eq(false))
                        .execute(connection)?
                }
            };
            if changed == 0 {
                // Somebody who is so already, or nobody.
                let found: i64 = operators::table
                    .find(&name)
                    .count()
                    .get_result(connection)?;
                return Ok(found == 1 && !is_own);
            }
            if ends_sessions {
                let sessions = operator_sessions::operator.eq(&name);
                diesel::delete(operator_sessions::table.filter(sessions)).execute(connection)?;
            }
            audit::insert(connection, &noted)?;
            Ok(true)
        })
        .await
    }

    /// Begins a session in place of the one with the token hash `earlier`, and notes the sign-in, unless the password that was
    /// checked is no longer the operator's, or the operator is kept out; false then.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn insert_operator_session(
        &self,
        session: &OperatorSession,
        checked: &PasswordHash,
        earlier: Option<String>,
        author: &ChangeAuthor,
    ) -> Result<bool, StoreError> {
        let (session, checked) = (session.clone(), checked.as_str().to_owned());
        let noted = author.did("sign_in", None, json!({}));
        self.transaction(move |connection| {
            // An update that changes nothing holds the row, so that a password that is being changed ends this session too.
            let holds = diesel::update(operators::table.find(&session.operator))
                .filter(operators::password_hash.eq(&checked))
                .filter(operators::disabled.eq(false))
                .set(operators::password_hash.eq(&checked))
                .execute(connection)?;
            if holds == 0 {
                return Ok(false);
            }
            if let Some(earlier) = earlier {
                diesel::delete(operator_sessions::table.find(earlier)).execute(connection)?;
            }
            diesel::insert_into(operator_sessions::table)
                .values((
                    operator_sessions::token_hash.eq(&session.token_hash),
                    operator_sessions::operator.eq(&session.operator),
                    operator_sessions::created_at.eq(session.created_at.as_millis()),
                    operator_sessions::seen_at.eq(session.created_at.as_millis()),
                    operator_sessions::ends_at.eq(session.ends_at.as_millis()),
                ))
                .execute(connection)?;
            audit::insert(connection, &noted)?;
            Ok(true)
        })
        .await
    }

    /// Who is signed in with this token at `now`, and notes that the session is used, unless only a script asks. A session ends
    /// at its end, and when it was not used for `idle`.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn find_operator_session(
        &self,
        token_hash: &str,
        now: Timestamp,
        idle: Duration,
        is_used: bool,
    ) -> Result<Option<(Operator, OperatorSession)>, StoreError> {
        let token_hash = token_hash.to_owned();
        self.run(move |connection| {
            type Row = (OperatorRow, (String, String, i64, i64, i64));
            let found: Option<Row> = operators::table
                .inner_join(operator_sessions::table)
                .filter(operator_sessions::token_hash.eq(&token_hash))
                .filter(operator_sessions::ends_at.gt(now.as_millis()))
                .filter(operator_sessions::seen_at.gt(now.before(idle).as_millis()))
                .filter(operators::disabled.eq(false))
                .select((operators::all_columns, operator_sessions::all_columns))
                .first(connection)
                .optional()?;
            let Some((operator, (token_hash, name, created_at, seen_at, ends_at))) = found else {
                return Ok(None);
            };
            if is_used && seen_at <= now.before(SEEN_EVERY).as_millis() {
                diesel::update(operator_sessions::table.find(&token_hash))
                    .set(operator_sessions::seen_at.eq(now.as_millis()))
                    .execute(connection)?;
            }
            let session = OperatorSession {
                token_hash,
                operator: name,
                created_at: Timestamp::from_millis(created_at),
                ends_at: Timestamp::from_millis(ends_at),
            };
            Ok(Some((operator.read()?, session)))
        })
        .await
    }

    /// Ends a session, and notes the sign-out if there was one.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn delete_operator_session(
        &self,
        token_hash: &str,
        author: &ChangeAuthor,
    ) -> Result<(), StoreError> {
        let token_hash = token_hash.to_owned();
        let noted = author.did("sign_out", None, json!({}));
        self.transaction(move |connection| {
            let session = operator_sessions::table.find(token_hash);
            if diesel::delete(session).execute(connection)? == 1 {
                audit::insert(connection, &noted)?;
            }
            Ok(())
        })
        .await
    }

    /// Ends all sessions of an operator, and notes how many there were.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn delete_operator_sessions(
        &self,
        name: &str,
        author: &ChangeAuthor,
    ) -> Result<usize, StoreError> {
        let (name, author) = (name.to_owned(), author.clone());
        self.transaction(move |connection| {
            let sessions = operator_sessions::table.filter(operator_sessions::operator.eq(&name));
            let ended = diesel::delete(sessions).execute(connection)?;
            let details = json!({"sessions": ended});
            let noted = author.did("sign_out_everywhere", Some(&name), details);
            audit::insert(connection, &noted)?;
            Ok(ended)
        })
        .await
    }
}
