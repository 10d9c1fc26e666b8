//! Reading events again, and sending them out again: published ones stay in the outbox for a retention time.

use std::time::Duration;

use diesel::prelude::*;
use signup_core::event::EventMessage;
use signup_core::time::Timestamp;
use uuid::Uuid;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::schema::outbox::dsl;
use crate::store::Store;

/// Within this time after a user or a challenge its event is made.
const EVENT_FOLLOWS: Duration = Duration::from_secs(10);

/// Which events are meant. They are found by their ids, which begin with the time when they were made (UUIDv7, RFC
/// 9562), so however many there are, only the ones of that time are read.
#[derive(Clone, Debug)]
pub struct EventFilter {
    /// CloudEvents types.
    pub types: Vec<String>,
    /// From this time on.
    pub since: Timestamp,
    /// Before this time.
    pub until: Timestamp,
}

/// An event as it stands in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// The event.
    pub event: EventMessage,
    /// When it happened.
    pub time: Timestamp,
    /// Attempts to publish it so far.
    pub attempts: i32,
    /// When the bus had taken it; none while it waits.
    pub published_at: Option<Timestamp>,
    /// What went wrong at the last attempt.
    pub last_error: Option<String>,
    /// When an operator sent it out again.
    pub replayed_at: Option<Timestamp>,
    /// When the person whom it is about was erased. Such an event is never sent out again.
    pub erased_at: Option<Timestamp>,
}

#[derive(Queryable)]
pub(crate) struct Row {
    _sequence: i64,
    id: String,
    event_type: String,
    subject: String,
    routing_key: String,
    envelope: String,
    time: i64,
    attempts: i32,
    _available_at: i64,
    _leased_by: Option<String>,
    published_at: Option<i64>,
    last_error: Option<String>,
    replayed_at: Option<i64>,
    erased_at: Option<i64>,
}

impl From<Row> for StoredEvent {
    fn from(row: Row) -> Self {
        Self {
            event: EventMessage {
                id: row.id,
                event_type: row.event_type,
                subject: row.subject,
                routing_key: row.routing_key,
                envelope: row.envelope,
            },
            time: Timestamp::from_millis(row.time),
            attempts: row.attempts,
            published_at: row.published_at.map(Timestamp::from_millis),
            last_error: row.last_error,
            replayed_at: row.replayed_at.map(Timestamp::from_millis),
            erased_at: row.erased_at.map(Timestamp::from_millis),
        }
    }
}

impl Store {
    /// Up to `count` events in the order in which they were made, those after the event `after`.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn list_events(
        &self,
        filter: &EventFilter,
        after: Option<&str>,
        count: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let filter = filter.clone();
        let after = after.map_or_else(String::new, str::to_owned);
        self.run(move |connection| Ok(list(connection, &filter, &after, count)?))
            .await
    }

    /// The newest `count` events of these types, the newest first: those before the event `before`.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn newest_events(
        &self,
        types: Vec<String>,
        before: Option<&str>,
        count: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        // No id comes after it.
        let before = before.unwrap_or("g").to_owned();
        self.run(move |connection| {
            let rows: Vec<Row> = dsl::outbox
                .filter(dsl::id.lt(before))
                .filter(dsl::event_type.eq_any(types))
                .order(dsl::id.desc())
                .limit(i64::from(count))
                .load(connection)?;
            Ok(rows.into_iter().map(StoredEvent::from).collect())
        })
        .await
    }

    /// The event of this id, if the outbox still has it.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn find_event(&self, id: &str) -> Result<Option<StoredEvent>, StoreError> {
        let id = id.to_owned();
        self.run(move |connection| {
            let row: Option<Row> = dsl::outbox
                .filter(dsl::id.eq(id))
                .first(connection)
                .optional()?;
            Ok(row.map(StoredEvent::from))
        })
        .await
    }

    /// The event that announced `subject`, made right after the UUIDv7 `after`: our own id of the user, or the challenge's.
    /// Both ids begin with the time, so the event is found among the few of that moment.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn find_first_event(
        &self,
        after: Uuid,
        subject: &str,
    ) -> Result<Option<StoredEvent>, StoreError> {
        let subject = subject.to_owned();
        self.run(move |connection| {
            let row: Option<Row> = dsl::outbox
                .filter(dsl::id.gt(after.to_string()))
                .filter(dsl::id.lt(first_id(time_of(after).after(EVENT_FOLLOWS))))
                .filter(dsl::subject.eq(subject))
                .order(dsl::id)
                .first(connection)
                .optional()?;
            Ok(row.map(StoredEvent::from))
        })
        .await
    }

    /// Lets published events wait in the outbox again, with the ids that they have, unless the person whom they are about
    /// was erased. Tells how many it were.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn replay_events(
        &self,
        ids: Vec<String>,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.run(move |connection| {
            Ok(diesel::update(dsl::outbox)
                .filter(dsl::id.eq_any(ids))
                .filter(dsl::published_at.is_not_null())
                .filter(dsl::erased_at.is_null())
                .set((
                    dsl::published_at.eq(None::<i64>),
                    dsl::leased_by.eq(None::<String>),
                    dsl::attempts.eq(0),
                    dsl::available_at.eq(now.as_millis()),
                    dsl::replayed_at.eq(now.as_millis()),
                ))
                .execute(connection)?)
        })
        .await
    }
}

fn list(
    connection: &mut AnyConnection,
    filter: &EventFilter,
    after: &str,
    count: u32,
) -> QueryResult<Vec<StoredEvent>> {
    let rows: Vec<Row> = dsl::outbox
        .filter(dsl::id.gt(after))
        .filter(dsl::id.ge(first_id(filter.since)))
        .filter(dsl::id.lt(first_id(filter.until)))
        .filter(dsl::event_type.eq_any(&filter.types))
        .order(dsl::id)
        .limit(i64::from(count))
        .load(connection)?;
    Ok(rows.into_iter().map(StoredEvent::from).collect())
}

/// No UUIDv7 of this time or later comes before it: the first 48 bits are the Unix time in milliseconds.
pub(crate) fn first_id(time: Timestamp) -> String {
    const LAST: u64 = (1 << 48) - 1;
    let millis = u64::try_from(time.as_millis()).unwrap_or(0).min(LAST);
    Uuid::from_u128(u128::from(millis) << 80).to_string()
}

/// When a UUIDv7 was made.
pub(crate) fn time_of(id: Uuid) -> Timestamp {
    Timestamp::from_millis(i64::try_from(id.as_u128() >> 80).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_at_a_time_or_later_come_after_its_first_id() {
        let time = Timestamp::from_millis(1_726_658_461_000);
        assert_eq!(first_id(time), "019204dd-3d48-0000-0000-000000000000");
        assert!(first_id(time) < Uuid::now_v7().to_string());
        let id = Uuid::now_v7();
        assert!(first_id(time_of(id)) <= id.to_string());
        assert!(first_id(Timestamp::from_millis(i64::MIN)) < first_id(time));
        assert!(first_id(Timestamp::from_millis(i64::MAX)) > Uuid::now_v7().to_string());
    }
}
