//! Claiming: which events a relay may publish next.

use std::time::Duration;

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Integer, Text};
use signup_core::event::EventMessage;
use signup_core::time::Timestamp;

use super::Lane;
use crate::connection::AnyConnection;
use crate::error::StoreError;
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

#[derive(Queryable)]
struct ClaimedRow {
    sequence: i64,
    id: String,
    event_type: String,
    subject: String,
    routing_key: String,
    envelope: String,
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
        let mut claim = Claim {
            relay: relay.to_owned(),
            of_lane: lane.condition(),
            batch: batch.into(),
            now: now.as_millis(),
            until: now.after(lease).as_millis(),
            lock: "",
        };
        self.run(move |connection| {
            let mut claimed: Vec<ClaimedRow> = match connection {
                AnyConnection::Postgres(connection) => {
                    // Rows that another relay is claiming at this moment are passed over, not waited for.
                    claim.lock = " FOR UPDATE OF waiting SKIP LOCKED";
                    claim.load(connection)?
                }
                AnyConnection::Sqlite(connection) => claim.load(connection)?,
            };
            claimed.sort_by_key(|row| row.sequence);
            Ok(claimed.into_iter().map(ClaimedEvent::from).collect())
        })
        .await
    }
}

/// Claims the first `batch` events of a lane that may be claimed now, of each subject the first that waits.
///
/// Every connection prepares it once (diesel prepares a `sql_query` anew each time, and planning takes as long as an
/// empty claim). The plan is one look-up for each event, so one that was made for an empty table is right for a full one.
#[derive(Debug)]
struct Claim {
    relay: String,
    of_lane: String,
    batch: i64,
    now: i64,
    until: i64,
    lock: &'static str,
}

impl Claim {
    /// The inner condition is the expression of the index `outbox_waiting_by_subject`, so that no other index can serve it.
    fn push_next<'b, DB>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: Backend + HasSqlType<BigInt>,
        i64: ToSql<BigInt, DB>,
    {
        out.push_sql("SELECT sequence FROM outbox AS waiting WHERE published_at IS NULL AND ");
        out.push_sql(&self.of_lane);
        out.push_sql(" AND available_at <= ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(
            " AND NOT EXISTS (SELECT 1 FROM outbox AS earlier \
             WHERE CASE WHEN earlier.published_at IS NULL THEN earlier.subject END = waiting.subject \
             AND earlier.sequence < waiting.sequence) ORDER BY sequence LIMIT ",
        );
        out.push_bind_param::<BigInt, _>(&self.batch)?;
        out.push_sql(self.lock);
        Ok(())
    }
}

impl<DB> QueryFragment<DB> for Claim
where
    DB: Backend + HasSqlType<BigInt> + HasSqlType<Text>,
    i64: ToSql<BigInt, DB>,
    String: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("WITH next AS MATERIALIZED (");
        self.push_next(&mut out)?;
        out.push_sql(") UPDATE outbox SET leased_by = ");
        out.push_bind_param::<Text, _>(&self.relay)?;
        out.push_sql(", available_at = ");
        out.push_bind_param::<BigInt, _>(&self.until)?;
        out.push_sql(
            ", attempts = attempts + 1 WHERE sequence IN (SELECT sequence FROM next) \
             RETURNING sequence, id, event_type, subject, routing_key, envelope, attempts",
        );
        Ok(())
    }
}

impl Query for Claim {
    type SqlType = (BigInt, Text, Text, Text, Text, Text, Integer);
}

/// Not by its type, which has two lanes: a prepared statement is found by its text.
impl QueryId for Claim {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> RunQueryDsl<C> for Claim {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use diesel::connection::SimpleConnection as _;
    use diesel::pg::{Pg, PgConnection};

    use super::*;
    use crate::arrays::migrated;

    struct Explain(Claim);

    impl QueryFragment<Pg> for Explain {
        fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
            out.push_sql("EXPLAIN ");
            self.0.push_next(&mut out)
        }
    }

    impl Query for Explain {
        type SqlType = Text;
    }

    impl QueryId for Explain {
        type QueryId = ();
        const HAS_STATIC_QUERY_ID: bool = false;
    }

    impl RunQueryDsl<PgConnection> for Explain {}

    /// What an outage of the broker makes of the table: statistics from a time when everything was published, and then
    /// many events that wait. Reading all of them for each that is claimed would stop the relays for good.
    #[test]
    fn each_event_is_looked_up_and_not_searched_for_whatever_the_statistics_say() {
        let (_database, mut connection) = migrated();
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
        for lane in Lane::ALL {
            let explain = Explain(Claim {
                relay: "a".to_owned(),
                of_lane: lane.condition(),
                batch: 100,
                now: 10,
                until: 20,
                lock: "",
            });
            let plan: Vec<String> = explain.load(&mut connection).unwrap();
            let looked_up = plan
                .iter()
                .any(|line| line.contains("outbox_waiting_by_subject"));
            assert!(looked_up, "{}", plan.join("\n"));
        }
    }
}
