//! Looking back: what became of a code and of a message. Every question is answered from an index.

use diesel::prelude::*;
use signup_core::code::Challenge;
use signup_core::time::Timestamp;
use uuid::Uuid;

use crate::challenges::{ChallengeRow, ChallengeState};
use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::schema::{deliveries, otp_challenges};
use crate::store::Store;

/// A challenge and what became of its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeRecord {
    /// The challenge.
    pub challenge: Challenge,
    /// How it stands now.
    pub state: ChallengeState,
    /// Wrong codes that were tried.
    pub wrong_tries: i32,
    /// Our own id of the user who used the code up.
    pub consumed_by: Option<String>,
}

/// A message that an event asked for, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// By [`DeliveryState::as_str`](crate::DeliveryState::as_str).
    pub state: String,
    /// How often sending it was begun.
    pub attempts: i32,
    /// Who took it.
    pub sender: Option<String>,
    /// An explanation for operators.
    pub detail: Option<String>,
    /// When sending it was begun for the last time.
    pub started_at: Timestamp,
    /// When the outcome was recorded.
    pub finished_at: Option<Timestamp>,
}

impl Store {
    /// A challenge by its id.
    ///
    /// # Errors
    /// The database is unavailable, or the row cannot be read.
    pub async fn find_challenge_record(
        &self,
        id: Uuid,
    ) -> Result<Option<ChallengeRecord>, StoreError> {
        self.run(move |connection| {
            let row: Option<ChallengeRow> = otp_challenges::table
                .find(id.to_string())
                .first(connection)
                .optional()?;
            row.map(read_challenge).transpose()
        })
        .await
    }

    /// The challenges whose codes a user, named by our own id, used up.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn find_challenges_of_user(
        &self,
        id: &str,
    ) -> Result<Vec<ChallengeRecord>, StoreError> {
        let id = id.to_owned();
        self.run(move |connection| challenges_of_user(connection, &id))
            .await
    }

    /// The message that an event asked for.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn find_delivery_record(
        &self,
        event_id: &str,
    ) -> Result<Option<DeliveryRecord>, StoreError> {
        let event_id = event_id.to_owned();
        self.run(move |connection| Ok(delivery_of_event(connection, &event_id)?))
            .await
    }
}

pub(crate) fn challenges_of_user(
    connection: &mut AnyConnection,
    id: &str,
) -> Result<Vec<ChallengeRecord>, StoreError> {
    let rows: Vec<ChallengeRow> = otp_challenges::table
        .filter(otp_challenges::consumed_by.eq(id))
        .load(connection)?;
    rows.into_iter().map(read_challenge).collect()
}

pub(crate) fn delivery_of_event(
    connection: &mut AnyConnection,
    event_id: &str,
) -> QueryResult<Option<DeliveryRecord>> {
    let row = deliveries::table
        .find(event_id)
        .select(DeliveryRow::as_select())
        .first(connection)
        .optional()?;
    Ok(row.map(DeliveryRecord::from))
}

pub(crate) fn read_challenge(row: ChallengeRow) -> Result<ChallengeRecord, StoreError> {
    let (wrong_tries, consumed_by) = (row.wrong_tries, row.consumed_by.clone());
    let (challenge, state) = row.read()?;
    Ok(ChallengeRecord {
        challenge,
        state,
        wrong_tries,
        consumed_by,
    })
}

// Named columns, not all: a newer schema may have more of them.
#[derive(Queryable, Selectable)]
#[diesel(table_name = deliveries)]
struct DeliveryRow {
    state: String,
    attempts: i32,
    sender: Option<String>,
    detail: Option<String>,
    started_at: i64,
    finished_at: Option<i64>,
}

impl From<DeliveryRow> for DeliveryRecord {
    fn from(row: DeliveryRow) -> Self {
        Self {
            state: row.state,
            attempts: row.attempts,
            sender: row.sender,
            detail: row.detail,
            started_at: Timestamp::from_millis(row.started_at),
            finished_at: row.finished_at.map(Timestamp::from_millis),
        }
    }
}
