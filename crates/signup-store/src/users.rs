//! Creating users.

mod batch;

use std::time::Instant;

use diesel::prelude::*;
use serde_json::Value;
use signup_core::identifier::IdentifierKind;
use signup_core::sign_up::{SignUpOutcome, SignUpRecord};
use signup_core::user::{NewUser, TakenIdentifier};

use crate::challenges;
use crate::connection::AnyConnection;
use crate::error::{StoreError, is_unique_violation};
use crate::idempotency;
use crate::outbox;
use crate::schema::{identifiers, users};
use crate::store::Store;
use crate::writer::{Write, hash};

impl Store {
    /// Creates a user: uses up its codes, takes its identifiers, writes the user and its events and keeps the reply for
    /// the idempotency key, all or nothing. The single door through which users come in. Sign-ups that arrive during a
    /// commit share the next one; it does not begin after `deadline`.
    ///
    /// # Errors
    /// Too much waits, or the database is unavailable or refused a statement; then nothing was written. If the connection
    /// broke during the commit, the caller cannot know; repeating the request with an idempotency key tells.
    pub async fn sign_up(
        &self,
        record: SignUpRecord,
        deadline: Instant,
    ) -> Result<SignUpOutcome, StoreError> {
        self.sign_ups.write(record, deadline).await
    }

    /// Whether an identifier is taken in a directory. A hint for replies about codes; sign-ups never ask it, for them
    /// the unique constraint decides.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn is_taken(
        &self,
        provider: &str,
        directory: &str,
        kind: IdentifierKind,
        key: &str,
    ) -> Result<bool, StoreError> {
        let (provider, directory, key) =
            (provider.to_owned(), directory.to_owned(), key.to_owned());
        self.run(move |connection| {
            Ok(owner_of(connection, &provider, &directory, kind, &key)?.is_some())
        })
        .await
    }

    /// How many users there are.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn count_users(&self) -> Result<i64, StoreError> {
        self.run(|connection| Ok(users::table.count().get_result(connection)?))
            .await
    }
}

/// The id of the user who has an identifier.
pub(crate) fn owner_of(
    connection: &mut AnyConnection,
    provider: &str,
    directory: &str,
    kind: IdentifierKind,
    key: &str,
) -> QueryResult<Option<String>> {
    identifiers::table
        .find((provider, directory, kind.as_str(), key))
        .select(identifiers::user_id)
        .first(connection)
        .optional()
}

/// Why a sign-up is rolled back.
enum Abort {
    Outcome(SignUpOutcome),
    Fault(StoreError),
}

impl Abort {
    /// Of a batch, in which what an outcome says was looked up before: that it came all the same is a fault.
    fn into_fault(self) -> StoreError {
        match self {
            Self::Outcome(outcome) => {
                StoreError::Statement(format!("it was refused against expectation: {outcome:?}"))
            }
            Self::Fault(error) => error,
        }
    }
}

impl From<diesel::result::Error> for Abort {
    fn from(error: diesel::result::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl Write for SignUpRecord {
    type Outcome = SignUpOutcome;

    fn claims(&self) -> Vec<u64> {
        let (provider, directory) = (&self.user.provider, &self.user.directory);
        let codes = self.consumed.iter().map(hash);
        let identifiers = self.user.identifiers.iter().map(|taken| {
            let (kind, key) = (taken.identifier.kind(), taken.identifier.key());
            hash(&(provider, directory, kind.as_str(), key))
        });
        let public_id = hash(&(provider, &self.user.public_id));
        let key = self
            .claim
            .iter()
            .map(|(claim, _)| hash(&(&claim.application, &claim.key)));
        codes
            .chain(identifiers)
            .chain([public_id])
            .chain(key)
            .collect()
    }

    fn write_batch(
        connection: &mut AnyConnection,
        batch: &[Self],
    ) -> Result<Vec<SignUpOutcome>, StoreError> {
        match connection {
            AnyConnection::Postgres(connection) => batch::write(connection, batch),
            // A savepoint for each, to go back to, would take a fifth of the time.
            AnyConnection::Sqlite(_) => connection
                .write_transaction(|connection| {
                    let decided = batch
                        .iter()
                        .map(|record| match refusal(connection, record)? {
                            Some(outcome) => Ok(outcome),
                            None => write(connection, record).map(|()| SignUpOutcome::Created),
                        });
                    decided.collect::<Result<_, Abort>>()
                })
                .map_err(Abort::into_fault),
        }
    }

    fn write_alone(&self, connection: &mut AnyConnection) -> Result<SignUpOutcome, StoreError> {
        match connection.write_transaction(|connection| write(connection, self)) {
            Ok(()) => Ok(SignUpOutcome::Created),
            Err(Abort::Outcome(outcome)) => Ok(outcome),
            Err(Abort::Fault(error)) => Err(error),
        }
    }
}

/// What stands against a sign-up, looked up before anything is written: in the order of [`write`], and all of it but a
/// public id that is taken, which nobody will see.
fn refusal(
    connection: &mut AnyConnection,
    record: &SignUpRecord,
) -> QueryResult<Option<SignUpOutcome>> {
    for &challenge in &record.consumed {
        if !challenges::is_usable(connection, challenge)? {
            return Ok(Some(SignUpOutcome::CodeSpent(challenge)));
        }
    }
    let (provider, directory) = (&record.user.provider, &record.user.directory);
    for taken in in_order(&record.user) {
        let (kind, key) = (taken.identifier.kind(), taken.identifier.key());
        if owner_of(connection, provider, directory, kind, key)?.is_some() {
            return Ok(Some(SignUpOutcome::Taken(kind)));
        }
    }
    match &record.claim {
        Some((claim, _)) if !idempotency::is_held(connection, claim)? => {
            Ok(Some(SignUpOutcome::ClaimLost))
        }
        _ => Ok(None),
    }
}

/// A user's identifiers in one order for everybody, so that two sign-ups that want each other's cannot block one another.
fn in_order(user: &NewUser) -> Vec<&TakenIdentifier> {
    let mut identifiers: Vec<_> = user.identifiers.iter().collect();
    identifiers.sort_by_key(|taken| taken.identifier.kind());
    identifiers
}

fn write(connection: &mut AnyConnection, record: &SignUpRecord) -> Result<(), Abort> {
    // Codes first: only who holds the code may learn that an identifier is taken.
    for &challenge in &record.consumed {
        if !challenges::consume(connection, challenge, record.user.id)? {
            return Err(Abort::Outcome(SignUpOutcome::CodeSpent(challenge)));
        }
    }
    insert_user(connection, &record.user, &record.request_id)?;
    for identifier in in_order(&record.user) {
        insert_identifier(connection, &record.user, identifier)?;
    }
    let mut hold = record.hold.as_ref();
    for event in &record.events {
        outbox::insert(connection, event, hold.take())?;
    }
    if let Some((claim, reply)) = &record.claim
        && !idempotency::finish(connection, claim, reply)?
    {
        return Err(Abort::Outcome(SignUpOutcome::ClaimLost));
    }
    Ok(())
}

fn insert_user(
    connection: &mut AnyConnection,
    user: &NewUser,
    request_id: &str,
) -> Result<(), Abort> {
    let profile = Value::Object(user.profile.clone()).to_string();
    let inserted = diesel::insert_into(users::table)
        .values((
            users::id.eq(user.id.to_string()),
            users::provider.eq(&user.provider),
            users::public_id.eq(&user.public_id),
            users::directory_id.eq(&user.directory),
            users::application_id.eq(&user.application),
            users::password_hash.eq(user.password_hash.as_ref().map(|hash| hash.as_str())),
            users::profile.eq(profile),
            users::request_id.eq(request_id),
            users::created_at.eq(user.created_at.as_millis()),
        ))
        .execute(connection);
    match inserted {
        Err(error) if is_unique_violation(&error) => {
            Err(Abort::Outcome(SignUpOutcome::PublicIdTaken))
        }
        other => other.map(drop).map_err(Abort::from),
    }
}

fn insert_identifier(
    connection: &mut AnyConnection,
    user: &NewUser,
    taken: &TakenIdentifier,
) -> Result<(), Abort> {
    let kind = taken.identifier.kind();
    let inserted = diesel::insert_into(identifiers::table)
        .values((
            identifiers::provider.eq(&user.provider),
            identifiers::directory_id.eq(&user.directory),
            identifiers::kind.eq(kind.as_str()),
            identifiers::key.eq(taken.identifier.key()),
            identifiers::display.eq(taken.identifier.display()),
            identifiers::verified.eq(taken.verified),
            identifiers::user_id.eq(user.id.to_string()),
        ))
        .execute(connection);
    match inserted {
        Err(error) if is_unique_violation(&error) => {
            Err(Abort::Outcome(SignUpOutcome::Taken(kind)))
        }
        other => other.map(drop).map_err(Abort::from),
    }
}
