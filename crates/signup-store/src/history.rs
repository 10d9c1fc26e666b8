//! Looking back: what became of a code, an event, a message. Every question is answered from an index.

use diesel::prelude::*;
use signup_core::code::Challenge;
use signup_core::time::Timestamp;
use uuid::Uuid;

use crate::challenges::{ChallengeRow, ChallengeState};
use crate::error::StoreError;
use crate::schema::{deliveries, otp_challenges, outbox};
use crate::store::Store;

/// Milliseconds within which an event is made after the user or the challenge that it is about.
const EVENT_FOLLOWS: u64 = 10_000;

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

/// An event and how far it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// The event's id.
    pub id: String,
    /// The CloudEvents `type`.
    pub event_type: String,
    /// The user's public id, or the challenge's id.
    pub subject: String,
    /// The whole envelope, JSON text. It holds personal data.
    pub envelope: String,
    /// When it was written.
    pub time: Timestamp,
    /// How often publishing it was tried.
    pub attempts: i32,
    /// Not tried again before.
    pub available_at: Timestamp,
    /// When the bus had it safely.
    pub published_at: Option<Timestamp>,
    /// Why the last try failed.
    pub last_error: Option<String>,
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
        self.run(move |connection| {
            let rows: Vec<ChallengeRow> = otp_challenges::table
                .filter(otp_challenges::consumed_by.eq(id))
                .load(connection)?;
            rows.into_iter().map(read_challenge).collect()
        })
        .await
    }

    /// An event by its id.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn find_event_record(&self, id: &str) -> Result<Option<EventRecord>, StoreError> {
        let id = id.to_owned();
        self.run(move |connection| {
            let row = outbox::table
                .filter(outbox::id.eq(id))
                .select(EventRow::as_select())
                .first(connection)
                .optional()?;
            Ok(row.map(EventRecord::from))
        })
        .await
    }

    /// The event that announced `subject`, made right after the UUIDv7 `after` (our own id of the user, or the
    /// challenge's). Both ids begin with the time, so the event is found among the few of that moment.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn find_first_event(
        &self,
        after: Uuid,
        subject: &str,
    ) -> Result<Option<EventRecord>, StoreError> {
        let subject = subject.to_owned();
        self.run(move |connection| {
            let row = outbox::table
                .filter(outbox::id.gt(after.to_string()))
                .filter(outbox::id.lt(later(after).to_string()))
                .filter(outbox::subject.eq(subject))
                .order(outbox::id)
                .select(EventRow::as_select())
                .first(connection)
                .optional()?;
            Ok(row.map(EventRecord::from))
        })
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
        self.run(move |connection| {
            let row = deliveries::table
                .find(event_id)
                .select(DeliveryRow::as_select())
                .first(connection)
                .optional()?;
            Ok(row.map(DeliveryRecord::from))
        })
        .await
    }
}

/// A UUIDv7 that is greater than all that are made within [`EVENT_FOLLOWS`] of this one.
fn later(id: Uuid) -> Uuid {
    let millis = u64::try_from(id.as_u128() >> 80).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis + EVENT_FOLLOWS, &[0; 10]).into_uuid()
}

fn read_challenge(row: ChallengeRow) -> Result<ChallengeRecord, StoreError> {
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
#[diesel(table_name = outbox)]
struct EventRow {
    id: String,
    event_type: String,
    subject: String,
    envelope: String,
    time: i64,
    attempts: i32,
    available_at: i64,
    published_at: Option<i64>,
    last_error: Option<String>,
}

impl From<EventRow> for EventRecord {
    fn from(row: EventRow) -> Self {
        Self {
            id: row.id,
            event_type: row.event_type,
            subject: row.subject,
            envelope: row.envelope,
            time: Timestamp::from_millis(row.time),
            attempts: row.attempts,
            available_at: Timestamp::from_millis(row.available_at),
            published_at: row.published_at.map(Timestamp::from_millis),
            last_error: row.last_error,
        }
    }
}

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
