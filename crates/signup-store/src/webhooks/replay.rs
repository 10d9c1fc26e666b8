//! Delivering again, and delivering what happened before a webhook was there.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use signup_core::event::EventMessage;
use signup_core::time::Timestamp;

use super::WebhookDeliveryState;
use crate::error::StoreError;
use crate::schema::outbox;
use crate::schema::webhook_deliveries as deliveries;
use crate::store::Store;

/// Which events are to be delivered again. Only what the outbox still has can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplaySelection {
    /// Only events that happened at this time or later.
    pub since: Option<Timestamp>,
    /// Only this event.
    pub event_id: Option<String>,
    /// Only events whose delivery was given up.
    pub failed: bool,
}

impl Store {
    /// Up to `count` selected events after a place in the outbox, in their order, each with its place.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn events_to_replay(
        &self,
        selection: &ReplaySelection,
        after: i64,
        count: u32,
    ) -> Result<Vec<(i64, EventMessage)>, StoreError> {
        let selection = selection.clone();
        self.run(move |connection| {
            let mut query = outbox::table
                .filter(outbox::sequence.gt(after))
                .order(outbox::sequence)
                .limit(i64::from(count))
                .select((
                    outbox::sequence,
                    outbox::id,
                    outbox::event_type,
                    outbox::subject,
                    outbox::routing_key,
                    outbox::envelope,
                ))
                .into_boxed();
            if let Some(since) = selection.since {
                query = query.filter(outbox::time.ge(since.as_millis()));
            }
            if let Some(id) = selection.event_id {
                query = query.filter(outbox::id.eq(id));
            }
            let rows: Vec<(i64, String, String, String, String, String)> =
                query.load(connection)?;
            let events = rows.into_iter().map(
                |(sequence, id, event_type, subject, routing_key, envelope)| {
                    let event = EventMessage {
                        id,
                        event_type,
                        subject,
                        routing_key,
                        envelope,
                    };
                    (sequence, event)
                },
            );
            Ok(events.collect())
        })
        .await
    }

    /// Makes these events due for a webhook, and tells how many were not due already. Their attempts are counted anew.
    /// Events that the webhook never had are included, unless only `failed` deliveries are to be made again.
    ///
    /// # Errors
    /// The database is unavailable, or the webhook is gone.
    pub async fn replay_webhook_events(
        &self,
        webhook: &str,
        event_ids: Vec<String>,
        failed: bool,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let webhook = webhook.to_owned();
        self.transaction(move |connection| {
            if failed {
                return Ok(diesel::update(deliveries::table)
                    .filter(deliveries::webhook_id.eq(webhook))
                    .filter(deliveries::state.eq(WebhookDeliveryState::Failed.as_str()))
                    .filter(deliveries::event_id.eq_any(event_ids))
                    .set((
                        deliveries::state.eq(WebhookDeliveryState::Pending.as_str()),
                        deliveries::attempts.eq(0),
                        deliveries::next_attempt_at.eq(now.as_millis()),
                        deliveries::finished_at.eq(None::<i64>),
                    ))
                    .execute(connection)?);
            }
            let mut replayed = 0;
            for event_id in &event_ids {
                replayed += diesel::sql_query(
                    "INSERT INTO webhook_deliveries \
                       (webhook_id, event_id, state, attempts, next_attempt_at, created_at) \
                     VALUES ($1, $2, 'pending', 0, $3, $3) \
                     ON CONFLICT (webhook_id, event_id) DO UPDATE \
                       SET state = 'pending', attempts = 0, next_attempt_at = $3, \
                         leased_by = NULL, finished_at = NULL \
                       WHERE webhook_deliveries.state <> 'pending'",
                )
                .bind::<Text, _>(&webhook)
                .bind::<Text, _>(event_id)
                .bind::<BigInt, _>(now.as_millis())
                .execute(connection)?;
            }
            Ok(replayed)
        })
        .await
    }
}
