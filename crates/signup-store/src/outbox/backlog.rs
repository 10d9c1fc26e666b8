//! How much waits.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use signup_core::time::Timestamp;

use crate::error::StoreError;
use crate::schema::outbox::dsl;
use crate::store::Store;

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

impl Store {
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
