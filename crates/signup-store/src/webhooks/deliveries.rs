//! Which event goes to which webhook, and how far that has come.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use signup_core::time::Timestamp;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::housekeeping::STEP;
use crate::schema::webhook_deliveries::dsl;
use crate::schema::webhooks;
use crate::store::Store;

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookDeliveryState {
    /// It will be attempted.
    Pending,
    /// The endpoint has taken it.
    Delivered,
    /// It was given up.
    Failed,
}

impl WebhookDeliveryState {
    const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// The state's name in the table and in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// What of an event decides who gets it.
#[derive(Clone, Copy, Debug)]
pub struct WebhookEvent<'a> {
    /// The event's id.
    pub id: &'a str,
    /// Its CloudEvents type.
    pub event_type: &'a str,
    /// The provider of its application.
    pub provider: &'a str,
    /// The application.
    pub application: &'a str,
}

/// What is recorded of one event's way to one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// The event, and the `webhook-id` of every attempt.
    pub event_id: String,
    /// How far it has come.
    pub state: WebhookDeliveryState,
    /// Attempts so far.
    pub attempts: i32,
    /// When it is attempted next; meaningful while it is pending.
    pub next_attempt_at: Timestamp,
    /// The HTTP status of the last answer.
    pub last_status: Option<i32>,
    /// What was wrong with the last attempt.
    pub last_problem: Option<String>,
    /// When the event was queued for this webhook.
    pub created_at: Timestamp,
    /// When it was first attempted.
    pub first_attempt_at: Option<Timestamp>,
    /// When it was last attempted.
    pub last_attempt_at: Option<Timestamp>,
}

/// How many deliveries of a webhook are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookCounts {
    /// Waiting for their next attempt.
    pub pending: i64,
    /// Given up.
    pub failed: i64,
}

/// What waits for the active webhooks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookBacklog {
    /// Deliveries that are pending.
    pub pending: i64,
    /// When the oldest of them was queued.
    pub oldest: Option<Timestamp>,
    /// Webhooks that were switched off.
    pub disabled: i64,
}

type DeliveryRow = (
    String,
    String,
    i32,
    i64,
    Option<i32>,
    Option<String>,
    i64,
    Option<i64>,
    Option<i64>,
);

#[derive(QueryableByName)]
struct BacklogRow {
    #[diesel(sql_type = BigInt)]
    pending: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    oldest: Option<i64>,
    #[diesel(sql_type = BigInt)]
    disabled: i64,
}

/// A webhook's counts, each from its partial index, whose condition is repeated as a literal: only so both databases see
/// that the index fits. How much was delivered costs nothing.
const COUNTS: &str = "SELECT id AS webhook, \
       (SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = webhooks.id AND state = 'pending') AS pending, \
       (SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = webhooks.id AND state = 'failed') AS failed \
     FROM webhooks";

#[derive(QueryableByName)]
struct CountsRow {
    #[diesel(sql_type = Text)]
    webhook: String,
    #[diesel(sql_type = BigInt)]
    pending: i64,
    #[diesel(sql_type = BigInt)]
    failed: i64,
}

impl CountsRow {
    fn counts(&self) -> WebhookCounts {
        WebhookCounts {
            pending: self.pending,
            failed: self.failed,
        }
    }
}

impl Store {
    /// Queues an event for every active webhook that wants it, and tells for how many it is new. One statement, so
    /// that a webhook gets every event from the moment that it was made; asking again changes nothing.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn insert_webhook_deliveries(
        &self,
        event: WebhookEvent<'_>,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let [id, event_type, provider, application] = [
            event.id,
            event.event_type,
            event.provider,
            event.application,
        ]
        .map(str::to_owned);
        self.run(move |connection| {
            // "WHERE" before ON CONFLICT is needed by SQLite's parser, which takes ON for a join otherwise.
            let inserted = diesel::sql_query(
                "INSERT INTO webhook_deliveries \
                   (webhook_id, event_id, state, attempts, next_attempt_at, created_at) \
                 SELECT id, $1, 'pending', 0, $2, $2 FROM webhooks \
                 WHERE state = 'active' \
                   AND (event_types IS NULL OR ' ' || event_types || ' ' LIKE '% ' || $3 || ' %') \
                   AND (provider IS NULL OR provider = $4) \
                   AND (application_id IS NULL OR application_id = $5) \
                 ON CONFLICT (webhook_id, event_id) DO NOTHING",
            )
            .bind::<Text, _>(&id)
            .bind::<BigInt, _>(now.as_millis())
            .bind::<Text, _>(&event_type)
            .bind::<Text, _>(&provider)
            .bind::<Text, _>(&application)
            .execute(connection)?;
            Ok(inserted)
        })
        .await
    }

    /// The newest deliveries of a webhook, the newest first.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn webhook_deliveries(
        &self,
        webhook: &str,
        state: Option<WebhookDeliveryState>,
        count: u32,
    ) -> Result<Vec<WebhookDelivery>, StoreError> {
        let webhook = webhook.to_owned();
        self.run(move |connection| {
            let mut query = dsl::webhook_deliveries
                .filter(dsl::webhook_id.eq(webhook))
                .order((dsl::created_at.desc(), dsl::event_id.desc()))
                .limit(i64::from(count))
                .select((
                    dsl::event_id,
                    dsl::state,
                    dsl::attempts,
                    dsl::next_attempt_at,
                    dsl::last_status,
                    dsl::last_problem,
                    dsl::created_at,
                    dsl::first_attempt_at,
                    dsl::last_attempt_at,
                ))
                .into_boxed();
            if let Some(state) = state {
                // A literal, so that a partial index is seen to fit.
                query = query.filter(sql::<Bool>(&format!("state = '{}'", state.as_str())));
            }
            let rows: Vec<DeliveryRow> = query.load(connection)?;
            rows.into_iter().map(read).collect()
        })
        .await
    }

    /// The deliveries of one event, each with its webhook's id.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn find_webhook_deliveries(
        &self,
        event_id: &str,
    ) -> Result<Vec<(String, WebhookDelivery)>, StoreError> {
        let event_id = event_id.to_owned();
        self.run(move |connection| deliveries_of_event(connection, &event_id))
            .await
    }

    /// How many deliveries of each webhook are pending and failed.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn webhook_counts(&self) -> Result<HashMap<String, WebhookCounts>, StoreError> {
        self.run(|connection| {
            let rows: Vec<CountsRow> = diesel::sql_query(COUNTS).load(connection)?;
            let counts = rows.into_iter().map(|row| {
                let counts = row.counts();
                (row.webhook, counts)
            });
            Ok(counts.collect())
        })
        .await
    }

    /// How many deliveries of one webhook are pending and failed.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn counts_of_webhook(&self, id: &str) -> Result<WebhookCounts, StoreError> {
        let id = id.to_owned();
        self.run(move |connection| {
            let row: Option<CountsRow> = diesel::sql_query(format!("{COUNTS} WHERE id = $1"))
                .bind::<Text, _>(id)
                .get_result(connection)
                .optional()?;
            Ok(row.as_ref().map(CountsRow::counts).unwrap_or_default())
        })
        .await
    }

    /// Removes up to a step of a webhook's deliveries, and tells how many. Those that a dispatcher holds at this moment are
    /// passed over: waiting for them could end in a deadlock.
    pub(super) async fn remove_webhook_deliveries(&self, id: &str) -> Result<usize, StoreError> {
        let id = id.to_owned();
        self.run(move |connection| {
            let skip_locked = match connection {
                AnyConnection::Postgres(_) => "FOR UPDATE SKIP LOCKED",
                AnyConnection::Sqlite(_) => "",
            };
            let removed = diesel::sql_query(format!(
                "WITH step AS MATERIALIZED (SELECT event_id FROM webhook_deliveries \
                   WHERE webhook_id = $1 LIMIT {STEP} {skip_locked}) \
                 DELETE FROM webhook_deliveries WHERE webhook_id = $1 AND event_id IN (SELECT event_id FROM step)"
            ))
            .bind::<Text, _>(id)
            .execute(connection)?;
            Ok(removed)
        })
        .await
    }

    /// How much waits for the active webhooks and since when, and how many webhooks are disabled.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn webhook_backlog(&self) -> Result<WebhookBacklog, StoreError> {
        self.run(|connection| {
            let row: BacklogRow = diesel::sql_query(
                "SELECT COUNT(*) AS pending, MIN(created_at) AS oldest, \
                   (SELECT COUNT(*) FROM webhooks WHERE state = 'disabled') AS disabled \
                 FROM webhook_deliveries WHERE state = 'pending' \
                   AND webhook_id IN (SELECT id FROM webhooks WHERE state = 'active')",
            )
            .get_result(connection)?;
            Ok(WebhookBacklog {
                pending: row.pending,
                oldest: row.oldest.map(Timestamp::from_millis),
                disabled: row.disabled,
            })
        })
        .await
    }
}

/// The deliveries of one event, each with its webhook's id.
pub(crate) fn deliveries_of_event(
    connection: &mut AnyConnection,
    event_id: &str,
) -> Result<Vec<(String, WebhookDelivery)>, StoreError> {
    // A handful. With them the primary key leads to the event.
    let webhooks: Vec<String> = webhooks::table.select(webhooks::id).load(connection)?;
    let rows: Vec<(String, DeliveryRow)> = dsl::webhook_deliveries
        .filter(dsl::webhook_id.eq_any(webhooks))
        .filter(dsl::event_id.eq(event_id))
        .order(dsl::webhook_id)
        .select((
            dsl::webhook_id,
            (
                dsl::event_id,
                dsl::state,
                dsl::attempts,
                dsl::next_attempt_at,
                dsl::last_status,
                dsl::last_problem,
                dsl::created_at,
                dsl::first_attempt_at,
                dsl::last_attempt_at,
            ),
        ))
        .load(connection)?;
    rows.into_iter()
        .map(|(webhook, row)| Ok((webhook, read(row)?)))
        .collect()
}

fn read(row: DeliveryRow) -> Result<WebhookDelivery, StoreError> {
    let (event_id, state, attempts, next, last_status, last_problem, created, first, last) = row;
    let state = WebhookDeliveryState::ALL
        .into_iter()
        .find(|known| known.as_str() == state)
        .ok_or_else(|| StoreError::unreadable(format!("webhook delivery {event_id}"), state))?;
    Ok(WebhookDelivery {
        event_id,
        state,
        attempts,
        next_attempt_at: Timestamp::from_millis(next),
        last_status,
        last_problem,
        created_at: Timestamp::from_millis(created),
        first_attempt_at: first.map(Timestamp::from_millis),
        last_attempt_at: last.map(Timestamp::from_millis),
    })
}
