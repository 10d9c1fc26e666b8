//! The outbox: events are written with what caused them, and claimed under a lease to be published.

use std::time::Duration;

use diesel::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use signup_core::event::{Event, EventMessage, EventType};
use signup_core::time::Timestamp;

use crate::arrays::{OverArrays, Statement, big_integers, text};
use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::schema::outbox::dsl;
use crate::store::Store;

/// An event that this process may publish until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedEvent {
    /// Place in the outbox.
    pub sequence: i64,
    /// Which attempt to publish it this is, counted from 1.
    pub attempts: i32,
    /// The event.
    pub event: EventMessage,
}

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    event_type: String,
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = Text)]
    routing_key: String,
    #[diesel(sql_type = Text)]
    envelope: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

impl From<ClaimedRow> for ClaimedEvent {
    fn from(row: ClaimedRow) -> Self {
        Self {
            sequence: row.sequence,
            attempts: row.attempts,
            event: EventMessage {
                id: row.id,
                event_type: row.event_type,
                subject: row.subject,
                routing_key: row.routing_key,
                envelope: row.envelope,
            },
        }
    }
}

/// A part of the outbox that is worked off by itself, so that no backlog of another part stands in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Codes: people are waiting for them, and they end soon.
    Codes,
    /// Everything else.
    Others,
}

impl Lane {
    /// The lane's events. A literal, not a parameter: only so both databases see that a partial index fits.
    fn condition(self) -> String {
        let codes = EventType::OtpRequested.as_str();
        match self {
            Self::Codes => format!("event_type = '{codes}'"),
            Self::Others => format!("event_type <> '{codes}'"),
        }
    }
}

/// What waits in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Events not published yet.
    pub waiting: i64,
    /// Since when the one waits that has waited longest: when it happened, or was sent out again.
    pub oldest: Option<Timestamp>,
}

#[derive(QueryableByName)]
struct BacklogRow {
    #[diesel(sql_type = BigInt)]
    waiting: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    oldest: Option<i64>,
}

/// An event that the bus did not take.
#[derive(Clone, Debug)]
pub struct Unpublished {
    /// Place in the outbox.
    pub sequence: i64,
    /// When to try again.
    pub retry_at: Timestamp,
    /// What the bus said.
    pub problem: String,
}

impl Store {
    /// Claims up to `batch` unpublished events of a lane in their order, of each subject the first one that waits: the next
    /// one is claimed after the first was published, by whichever relay, so that a subject's events keep their order.
    /// Until `lease` is over nobody else gets them; if this process dies, they come free by themselves.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn claim_events(
        &self,
        relay: &str,
        lane: Lane,
        batch: u32,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<ClaimedEvent>, StoreError> {
        let relay = relay.to_owned();
        self.run(move |connection| {
            let until = now.after(lease);
            // Rows that another relay is claiming at this moment are passed over, not waited for.
            let skip_locked = match connection {
                AnyConnection::Postgres(_) => "FOR UPDATE OF waiting SKIP LOCKED",
                AnyConnection::Sqlite(_) => "",
            };
            let next = next_to_claim(lane);
            let mut claimed: Vec<ClaimedRow> = diesel::sql_query(format!(
                "WITH next AS MATERIALIZED ({next} {skip_locked}) \
                 UPDATE outbox SET leased_by = $3, available_at = $4, attempts = attempts + 1 \
                 WHERE sequence IN (SELECT sequence FROM next) \
                 RETURNING sequence, id, event_type, subject, routing_key, envelope, attempts"
            ))
            .bind::<BigInt, _>(now.as_millis())
            .bind::<BigInt, _>(i64::from(batch))
            .bind::<Text, _>(&relay)
            .bind::<BigInt, _>(until.as_millis())
            .load(connection)?;
            claimed.sort_by_key(|row| row.sequence);
            Ok(claimed.into_iter().map(ClaimedEvent::from).collect())
        })
        .await
    }

    /// Marks events as published, if this relay still holds them.
    ///
    /// # Errors
    /// The database is unavailable; the events will be published again, with the same ids.
    pub async fn mark_published(
        &self,
        relay: &str,
        sequences: Vec<i64>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let relay = relay.to_owned();
        self.run(move |connection| {
            diesel::update(dsl::outbox)
                .filter(dsl::sequence.eq_any(sequences))
                .filter(dsl::leased_by.eq(relay))
                .set((
                    dsl::published_at.eq(now.as_millis()),
                    dsl::last_error.eq(None::<String>),
                ))
                .execute(connection)?;
            Ok(())
        })
        .await
    }

    /// Gives events back that the bus did not take, each to be tried again at its own time.
    ///
    /// # Errors
    /// The database is unavailable; the events come free when their lease ends.
    pub async fn mark_unpublished(
        &self,
        relay: &str,
        events: Vec<Unpublished>,
    ) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let relay = relay.to_owned();
        self.transaction(move |connection| {
            for event in events {
                diesel::update(dsl::outbox.find(event.sequence))
                    .filter(dsl::leased_by.eq(&relay))
                    .set((
                        dsl::available_at.eq(event.retry_at.as_millis()),
                        dsl::last_error.eq(Some(event.problem)),
                    ))
                    .execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    /// Gives events back that were not tried, because the bus was out of reach: it does not count as an attempt of
    /// theirs, and whoever reaches the bus first may have them at once.
    ///
    /// # Errors
    /// The database is unavailable; the events come free when their lease ends.
    pub async fn release_events(
        &self,
        relay: &str,
        sequences: Vec<i64>,
        now: Timestamp,
        problem: String,
    ) -> Result<(), StoreError> {
        let relay = relay.to_owned();
        self.run(move |connection| {
            diesel::update(dsl::outbox)
                .filter(dsl::sequence.eq_any(sequences))
                .filter(dsl::leased_by.eq(relay))
                .filter(dsl::published_at.is_null())
                .set((
                    dsl::available_at.eq(now.as_millis()),
                    dsl::attempts.eq(dsl::attempts - 1),
                    dsl::last_error.eq(Some(problem)),
                ))
                .execute(connection)?;
            Ok(())
        })
        .await
    }

    /// How much waits, and since when.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.run(|connection| {
            let row: BacklogRow = diesel::sql_query(
                "SELECT count(*) AS waiting, min(COALESCE(replayed_at, time)) AS oldest \
                 FROM outbox WHERE published_at IS NULL",
            )
            .get_result(connection)?;
            Ok(Backlog {
                waiting: row.waiting,
                oldest: row.oldest.map(Timestamp::from_millis),
            })
        })
        .await
    }

    /// Envelopes of the newest events, the newest first.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn recent_envelopes(&self, count: u32) -> Result<Vec<String>, StoreError> {
        self.run(move |connection| {
            Ok(dsl::outbox
                .order(dsl::sequence.desc())
                .limit(i64::from(count))
                .select(dsl::envelope)
                .load(connection)?)
        })
        .await
    }
}

/// The first `$2` events of a lane that may be claimed at `$1`, of each subject the first that waits. The inner condition
/// is the expression of the index `outbox_waiting_by_subject`, so that no other index can serve it.
fn next_to_claim(lane: Lane) -> String {
    let of_lane = lane.condition();
    format!(
        "SELECT sequence FROM outbox AS waiting \
         WHERE published_at IS NULL AND {of_lane} AND available_at <= $1 \
           AND NOT EXISTS (SELECT 1 FROM outbox AS earlier \
             WHERE CASE WHEN earlier.published_at IS NULL THEN earlier.subject END = waiting.subject \
               AND earlier.sequence < waiting.sequence) \
         ORDER BY sequence LIMIT $2"
    )
}

/// Writes an event beside what caused it.
pub(crate) fn insert(connection: &mut AnyConnection, event: &Event) -> QueryResult<()> {
    diesel::insert_into(dsl::outbox)
        .values((
            dsl::id.eq(event.id.to_string()),
            dsl::event_type.eq(event.event_type),
            dsl::subject.eq(&event.subject),
            dsl::routing_key.eq(&event.routing_key),
            dsl::envelope.eq(&event.envelope),
            dsl::time.eq(event.time.as_millis()),
            dsl::attempts.eq(0),
            dsl::available_at.eq(event.time.as_millis()),
        ))
        .execute(connection)
        .map(drop)
}

struct InsertAll;

impl Statement for InsertAll {
    const SQL: &'static str = "\
INSERT INTO outbox (id, event_type, subject, routing_key, envelope, time, attempts, available_at)
SELECT id, event_type, subject, routing_key, envelope, time, 0, time
FROM unnest(?, ?, ?, ?, ?, ?) AS given(id, event_type, subject, routing_key, envelope, time)";
    type Row = ();
}

/// Writes many events on PostgreSQL, in their order.
pub(crate) fn insert_all<'a>(
    connection: &mut PgConnection,
    events: impl Iterator<Item = &'a Event>,
) -> QueryResult<()> {
    let events: Vec<_> = events.map(|event| (event.id.to_string(), event)).collect();
    let statement = OverArrays::<InsertAll>::new(vec![
        text(events.iter().map(|(id, _)| id.as_str())),
        text(events.iter().map(|(_, event)| event.event_type)),
        text(events.iter().map(|(_, event)| event.subject.as_str())),
        text(events.iter().map(|(_, event)| event.routing_key.as_str())),
        text(events.iter().map(|(_, event)| event.envelope.as_str())),
        big_integers(events.iter().map(|(_, event)| event.time.as_millis())),
    ]);
    statement.execute(connection).map(drop)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use diesel::connection::SimpleConnection as _;
    use diesel::{Connection as _, PgConnection};
    use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};
    use signup_testkit::TestDatabase;

    use super::*;

    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        text: String,
    }

    /// What an outage of the broker makes of the table: statistics from a time when everything was published, and then
    /// many events that wait. Reading all of them for each that is claimed would stop the relays for good.
    #[test]
    fn each_event_is_looked_up_and_not_searched_for_whatever_the_statistics_say() {
        let database = TestDatabase::postgres();
        let mut connection = PgConnection::establish(database.url()).unwrap();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres");
        let migrations = FileBasedMigrations::from_path(folder).unwrap();
        connection.run_pending_migrations(migrations).unwrap();
        let fill = |connection: &mut PgConnection, name: &str, published_at: &str| {
            connection
                .batch_execute(&format!(
                    "INSERT INTO outbox (id, event_type, subject, routing_key, envelope, time, available_at, published_at) \
                     SELECT '{name}' || i, 'signup.user.created.v1', '{name}' || i, 'user.created.acme', \
                       repeat('x', 300), 0, 0, {published_at} FROM generate_series(1, 20000) AS i"
                ))
                .unwrap();
        };
        fill(&mut connection, "published", "5");
        connection.batch_execute("ANALYZE outbox").unwrap();
        fill(&mut connection, "waiting", "NULL");
        for lane in [Lane::Codes, Lane::Others] {
            let claim = next_to_claim(lane).replace("$1", "10").replace("$2", "100");
            let plan: Vec<Line> = diesel::sql_query(format!("EXPLAIN {claim}"))
                .load(&mut connection)
                .unwrap();
            let plan: Vec<_> = plan.into_iter().map(|line| line.text).collect();
            let looked_up = plan
                .iter()
                .any(|line| line.contains("outbox_waiting_by_subject"));
            assert!(looked_up, "{}", plan.join("\n"));
        }
    }
}
