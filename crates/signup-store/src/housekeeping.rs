//! Removing what is no longer needed, in small steps that keep nobody waiting.

use std::time::Duration;

use diesel::RunQueryDsl as _;
use diesel::sql_types::BigInt;
use signup_core::time::Timestamp;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::store::Store;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Applications of a directory share windows. One that looks back further than the one that opened a window still finds
/// it for this long.
const CLOSED_WINDOWS: Duration = DAY;

/// Rows that one step removes from a table at the most.
pub(crate) const STEP: usize = 1_000;

/// How long things are kept after they are over.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Challenges, after their code's end.
    pub challenges: Duration,
    /// Events, after they were published.
    pub events: Duration,
    /// Delivery records: of messages after their start, of webhooks after their end.
    pub deliveries: Duration,
    /// What was decided about requests, after they came.
    pub decisions: Duration,
    /// Counts of what was beyond a limit.
    pub limit_hits: Duration,
    /// What operators did.
    pub audit: Duration,
    /// Counts of the sign-up funnel.
    pub funnel: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            challenges: DAY,
            events: 7 * DAY,
            deliveries: 30 * DAY,
            decisions: 7 * DAY,
            limit_hits: 90 * DAY,
            audit: 400 * DAY,
            funnel: 90 * DAY,
        }
    }
}

/// How much one step removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Rows in all tables together.
    pub rows: usize,
    /// Whether a table had more than one step removes.
    pub more: bool,
}

impl Store {
    /// One step of removing what is over at `now`.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn sweep(&self, now: Timestamp, retention: Retention) -> Result<Swept, StoreError> {
        self.run(move |connection| {
            let over = [
                (
                    "otp_challenges",
                    "id",
                    "expires_at",
                    now.before(retention.challenges),
                ),
                (
                    "usage_windows",
                    "key",
                    "closes_at",
                    now.before(CLOSED_WINDOWS),
                ),
                (
                    "outbox",
                    "sequence",
                    "published_at",
                    now.before(retention.events),
                ),
                (
                    "deliveries",
                    "event_id",
                    "started_at",
                    now.before(retention.deliveries),
                ),
                (
                    "webhook_deliveries",
                    "(webhook_id, event_id)",
                    "finished_at",
                    now.before(retention.deliveries),
                ),
                (
                    "decisions",
                    "sequence",
                    "time",
                    now.before(retention.decisions),
                ),
                (
                    "limit_hits",
                    "(hour, provider, application_id, scope, channel, country, mode)",
                    "hour",
                    now.before(retention.limit_hits),
                ),
                ("operator_sessions", "token_hash", "ends_at", now),
                (
                    "audit_log",
                    "sequence",
                    "time",
                    now.before(retention.audit),
                ),
                (
                    "funnel_counts",
                    "(start, provider, application_id, channel, country)",
                    "start",
                    now.before(retention.funnel),
                ),
                (
                    "idempotency_keys",
                    "(provider, application_id, key)",
                    "expires_at",
                    now,
                ),
                // The last that is left of somebody who was erased: an event that still had to be published.
                ("outbox", "sequence", "erased_at", now),
            ];
            // A row that somebody else is using at this moment is left for the next time: waiting for it could end in a
            // deadlock, and its time may be renewed meanwhile.
            let skip_locked = match connection {
                AnyConnection::Postgres(_) => "FOR UPDATE SKIP LOCKED",
                AnyConnection::Sqlite(_) => "",
            };
            let mut swept = Swept::default();
            for (table, key, time, end) in over {
                let columns = key.trim_matches(['(', ')']);
                let but_only = match time {
                    "erased_at" => "AND published_at IS NOT NULL",
                    _ => "",
                };
                let rows = diesel::sql_query(format!(
                    "WITH ended AS MATERIALIZED (SELECT {columns} FROM {table} \
                       WHERE {time} <= $1 {but_only} LIMIT {STEP} {skip_locked}) \
                     DELETE FROM {table} WHERE {key} IN (SELECT {columns} FROM ended) AND {time} <= $1 {but_only}"
                ))
                .bind::<BigInt, _>(end.as_millis())
                .execute(connection)?;
                swept.rows += rows;
                swept.more |= rows == STEP;
            }
            Ok(swept)
        })
        .await
    }
}
