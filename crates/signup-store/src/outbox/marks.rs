//! What became of events that a relay held. They are named by their ids: a relay that was handed an event does not know
//! its place in the outbox.

use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Text};
use signup_core::time::Timestamp;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::schema::outbox::dsl;
use crate::store::Store;

/// An event that the bus did not take.
#[derive(Clone, Debug)]
pub struct Unpublished {
    /// The event's id.
    pub id: String,
    /// When to try again.
    pub retry_at: Timestamp,
    /// What the bus said.
    pub problem: String,
}

impl Store {
    /// Marks events as published, those of them that this relay still holds.
    ///
    /// A database server that crashes may forget the marks of its last second: the events are published again then, as
    /// after a crash of the relay.
    ///
    /// # Errors
    /// The database is unavailable; the events will be published again, with the same ids.
    pub async fn mark_published(
        &self,
        relay: &str,
        ids: Vec<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let relay = relay.to_owned();
        self.run(move |connection| {
            match connection {
                AnyConnection::Postgres(connection) => MarkPublished {
                    relay,
                    ids,
                    now: now.as_millis(),
                }
                .execute(connection)?,
                AnyConnection::Sqlite(connection) => diesel::update(dsl::outbox)
                    .filter(dsl::id.eq_any(ids))
                    .filter(dsl::leased_by.eq(relay))
                    .set((
                        dsl::published_at.eq(now.as_millis()),
                        dsl::last_error.eq(None::<String>),
                    ))
                    .execute(connection)?,
            };
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
                diesel::update(dsl::outbox.filter(dsl::id.eq(event.id)))
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
        ids: Vec<String>,
        now: Timestamp,
        problem: String,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let relay = relay.to_owned();
        self.run(move |connection| {
            diesel::update(dsl::outbox)
                .filter(dsl::id.eq_any(ids))
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
}

/// The mark on PostgreSQL. It is made for every few events, and its wait for the disk would be most of its cost, so this
/// one commit does not wait: what is written here is known to the broker already, and a mark that is lost costs no more
/// than a repeat. Diesel prepares its own updates anew each time, this one it keeps.
#[derive(Debug)]
struct MarkPublished {
    relay: String,
    ids: Vec<String>,
    now: i64,
}

impl QueryFragment<Pg> for MarkPublished {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("UPDATE outbox SET last_error = NULL, published_at = ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(" FROM set_config('synchronous_commit', 'off', true) WHERE id = ANY(");
        out.push_bind_param::<Array<Text>, _>(&self.ids)?;
        out.push_sql(") AND leased_by = ");
        out.push_bind_param::<Text, _>(&self.relay)
    }
}

impl QueryId for MarkPublished {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<C: Connection> RunQueryDsl<C> for MarkPublished where C::Backend: Backend {}
