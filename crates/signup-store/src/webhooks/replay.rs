//! Delivering again, and delivering what happened before a webhook was there.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use signup_core::time::Timestamp;

use super::WebhookDeliveryState;
use crate::audit::{self, AuditEntry};
use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::schema::webhook_deliveries as deliveries;
use crate::store::Store;

impl Store {
    /// Makes these events due for a webhook, and tells how many were not due already. Their attempts are counted anew.
    /// Events that the webhook never had are included, unless only `failed` deliveries are to be made again. If any became due,
    /// `noted` is written in the same transaction, with their number as `events` in its details; its time is the present.
    ///
    /// # Errors
    /// The database is unavailable, or the webhook is gone.
    pub async fn replay_webhook_events(
        &self,
        webhook: &str,
        event_ids: Vec<String>,
        failed: bool,
        noted: &AuditEntry,
    ) -> Result<usize, StoreError> {
        let (webhook, mut noted) = (webhook.to_owned(), noted.clone());
        self.transaction(move |connection| {
            let replayed = make_due(connection, &webhook, &event_ids, failed, noted.time)?;
            if replayed > 0 {
                noted.details["events"] = replayed.into();
                audit::insert(connection, &noted)?;
            }
            Ok(replayed)
        })
        .await
    }
}

fn make_due(
    connection: &mut AnyConnection,
    webhook: &str,
    event_ids: &[String],
    failed: bool,
    now: Timestamp,
) -> QueryResult<usize> {
    if failed {
        return diesel::update(deliveries::table)
            .filter(deliveries::webhook_id.eq(webhook))
            .filter(deliveries::state.eq(WebhookDeliveryState::Failed.as_str()))
            .filter(deliveries::event_id.eq_any(event_ids))
            .set((
                deliveries::state.eq(WebhookDeliveryState::Pending.as_str()),
                deliveries::attempts.eq(0),
                deliveries::next_attempt_at.eq(now.as_millis()),
                deliveries::finished_at.eq(None::<i64>),
            ))
            .execute(connection);
    }
    let mut replayed = 0;
    for event_id in event_ids {
        replayed += diesel::sql_query(
            "INSERT INTO webhook_deliveries \
               (webhook_id, event_id, state, attempts, next_attempt_at, created_at) \
             VALUES ($1, $2, 'pending', 0, $3, $3) \
             ON CONFLICT (webhook_id, event_id) DO UPDATE \
               SET state = 'pending', attempts = 0, next_attempt_at = $3, \
                 leased_by = NULL, finished_at = NULL \
               WHERE webhook_deliveries.state <> 'pending'",
        )
        .bind::<Text, _>(webhook)
        .bind::<Text, _>(event_id)
        .bind::<BigInt, _>(now.as_millis())
        .execute(connection)?;
    }
    Ok(replayed)
}
