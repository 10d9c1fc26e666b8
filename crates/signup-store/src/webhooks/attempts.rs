//! Claiming deliveries, and recording how an attempt ended and what that says about the endpoint.

use std::collections::HashMap;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use signup_core::time::Timestamp;

use super::row::WebhookRow;
use super::{Webhook, WebhookDeliveryState};
use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::schema::{outbox, webhook_deliveries as deliveries, webhooks};
use crate::store::Store;

const PENDING: &str = WebhookDeliveryState::Pending.as_str();

/// A delivery that one dispatcher may attempt until its lease ends.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimedWebhookDelivery {
    /// The event.
    pub event_id: String,
    /// Which attempt it is, counted from 1.
    pub attempt: i32,
    /// The event's envelope, JSON text; none when the outbox does not have it any more.
    pub envelope: Option<String>,
}

impl std::fmt::Debug for ClaimedWebhookDelivery {
    /// Leaves out the envelope, because it holds personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClaimedWebhookDelivery")
            .field("event_id", &self.event_id)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// The endpoint took it.
    Delivered,
    /// It did not; the next attempt is due then.
    Retry(Timestamp),
    /// It did not, and there is no further attempt.
    Failed,
    /// There is nothing to send any more: it is given up, which says nothing about the endpoint.
    Lost,
    /// Nothing was sent, for a reason on our side: it does not count as an attempt, and is due again then.
    Unsent(Timestamp),
}

/// An attempt to be recorded.
#[derive(Clone, Debug)]
pub struct AttemptReport {
    /// The webhook.
    pub webhook: String,
    /// The event.
    pub event_id: String,
    /// Which attempt it was, as claimed.
    pub attempt: i32,
    /// How it ended.
    pub end: AttemptEnd,
    /// The HTTP status of the answer, if one came.
    pub status: Option<u16>,
    /// What was wrong, without personal data.
    pub problem: Option<String>,
    /// The endpoint asked not to be called before.
    pub held_until: Option<Timestamp>,
    /// Why the webhook is to be disabled at once, if it is.
    pub disable: Option<String>,
}

/// What recording an attempt has brought about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttemptRecorded {
    /// The webhook was disabled by this attempt, and for this reason.
    pub disabled: Option<String>,
}

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = Text)]
    event_id: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

impl Store {
    /// The active webhooks for which something is due.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn due_webhooks(&self, now: Timestamp) -> Result<Vec<Webhook>, StoreError> {
        self.run(move |connection| {
            // One look into the index per webhook, however much waits. The states are literals, not parameters: only
            // so both databases see that the partial index fits.
            let rows: Vec<WebhookRow> = diesel::sql_query(
                "SELECT * FROM webhooks WHERE state = 'active' \
                   AND (held_until IS NULL OR held_until <= $1) \
                   AND EXISTS (SELECT 1 FROM webhook_deliveries WHERE webhook_id = webhooks.id \
                     AND state = 'pending' AND next_attempt_at <= $1) \
                 ORDER BY id",
            )
            .bind::<BigInt, _>(now.as_millis())
            .load(connection)?;
            rows.into_iter().map(WebhookRow::read).collect()
        })
        .await
    }

    /// Claims up to `count` due deliveries of a webhook, those that waited longest first. Until `lease` is over nobody
    /// else gets them; if this process dies, they come free by themselves.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn claim_webhook_deliveries(
        &self,
        dispatcher: &str,
        webhook: &str,
        count: u32,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<ClaimedWebhookDelivery>, StoreError> {
        let (dispatcher, webhook) = (dispatcher.to_owned(), webhook.to_owned());
        self.run(move |connection| {
            // Rows that another dispatcher is claiming at this moment are passed over, not waited for.
            let skip_locked = match connection {
                AnyConnection::Postgres(_) => "FOR UPDATE SKIP LOCKED",
                AnyConnection::Sqlite(_) => "",
            };
            let claimed: Vec<ClaimedRow> = diesel::sql_query(format!(
                "WITH next AS MATERIALIZED (SELECT webhook_id, event_id FROM webhook_deliveries \
                   WHERE webhook_id = $1 AND state = 'pending' AND next_attempt_at <= $2 \
                   ORDER BY next_attempt_at LIMIT $3 {skip_locked}) \
                 UPDATE webhook_deliveries SET leased_by = $4, next_attempt_at = $5, \
                   attempts = attempts + 1, last_attempt_at = $2, \
                   first_attempt_at = COALESCE(first_attempt_at, $2) \
                 WHERE (webhook_id, event_id) IN (SELECT webhook_id, event_id FROM next) \
                 RETURNING event_id, attempts"
            ))
            .bind::<Text, _>(&webhook)
            .bind::<BigInt, _>(now.as_millis())
            .bind::<BigInt, _>(i64::from(count))
            .bind::<Text, _>(&dispatcher)
            .bind::<BigInt, _>(now.after(lease).as_millis())
            .load(connection)?;
            with_envelopes(connection, claimed)
        })
        .await
    }

    /// Records how an attempt ended, and what it says about the endpoint: a success ends its time of failing; one that
    /// has failed for `disable_after` without a success between, or is reported as gone, is disabled.
    ///
    /// An attempt whose lease was lost records a success only: what the other holder is doing is not known here.
    ///
    /// # Errors
    /// The database is unavailable; the delivery comes free when its lease ends, and is attempted once more.
    pub async fn record_webhook_attempt(
        &self,
        dispatcher: &str,
        report: AttemptReport,
        disable_after: Duration,
        now: Timestamp,
    ) -> Result<AttemptRecorded, StoreError> {
        let dispatcher = dispatcher.to_owned();
        // Each statement stands for itself. A crash between them leaves a state that the next attempt puts right, and
        // so nothing is locked in an order that deleting a webhook could meet from the other side.
        self.run(move |connection| {
            finish(connection, &dispatcher, &report, now)?;
            note_health(connection, &report, disable_after, now)
        })
        .await
    }
}

fn with_envelopes(
    connection: &mut AnyConnection,
    claimed: Vec<ClaimedRow>,
) -> Result<Vec<ClaimedWebhookDelivery>, StoreError> {
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    let ids = claimed.iter().map(|row| &row.event_id);
    let envelopes: Vec<(String, String)> = outbox::table
        .filter(outbox::id.eq_any(ids))
        .select((outbox::id, outbox::envelope))
        .load(connection)?;
    let mut envelopes: HashMap<String, String> = envelopes.into_iter().collect();
    let claimed = claimed.into_iter().map(|row| ClaimedWebhookDelivery {
        envelope: envelopes.remove(&row.event_id),
        event_id: row.event_id,
        attempt: row.attempts,
    });
    Ok(claimed.collect())
}

fn finish(
    connection: &mut AnyConnection,
    dispatcher: &str,
    report: &AttemptReport,
    now: Timestamp,
) -> QueryResult<()> {
    let (state, next, uncounted) = match report.end {
        AttemptEnd::Delivered => (WebhookDeliveryState::Delivered, now, 0),
        AttemptEnd::Retry(at) => (WebhookDeliveryState::Pending, at, 0),
        AttemptEnd::Failed => (WebhookDeliveryState::Failed, now, 0),
        AttemptEnd::Lost => (WebhookDeliveryState::Failed, now, 1),
        AttemptEnd::Unsent(at) => (WebhookDeliveryState::Pending, at, 1),
    };
    let finished = (state != WebhookDeliveryState::Pending).then_some(now.as_millis());
    let delivery = deliveries::table.find((&report.webhook, &report.event_id));
    let changes = (
        deliveries::state.eq(state.as_str()),
        deliveries::attempts.eq(deliveries::attempts - uncounted),
        deliveries::next_attempt_at.eq(next.as_millis()),
        deliveries::leased_by.eq(None::<String>),
        deliveries::last_status.eq(report.status.map(i32::from)),
        deliveries::last_problem.eq(&report.problem),
        deliveries::finished_at.eq(finished),
    );
    let pending = diesel::update(delivery).filter(deliveries::state.eq(PENDING));
    if report.end == AttemptEnd::Delivered {
        pending.set(changes).execute(connection)?;
    } else {
        pending
            .filter(deliveries::leased_by.eq(dispatcher))
            .filter(deliveries::attempts.eq(report.attempt))
            .set(changes)
            .execute(connection)?;
    }
    Ok(())
}

fn note_health(
    connection: &mut AnyConnection,
    report: &AttemptReport,
    disable_after: Duration,
    now: Timestamp,
) -> Result<AttemptRecorded, StoreError> {
    let webhook = webhooks::table.find(&report.webhook);
    match report.end {
        AttemptEnd::Unsent(_) | AttemptEnd::Lost => return Ok(AttemptRecorded::default()),
        // Nearly always there is nothing to change, and a row that many deliveries share stays unwritten.
        AttemptEnd::Delivered => {
            diesel::update(webhook)
                .filter(webhooks::failing_since.is_not_null())
                .set((
                    webhooks::failing_since.eq(None::<i64>),
                    webhooks::held_until.eq(None::<i64>),
                ))
                .execute(connection)?;
            return Ok(AttemptRecorded::default());
        }
        AttemptEnd::Retry(_) | AttemptEnd::Failed => {}
    }
    diesel::update(webhook)
        .filter(webhooks::failing_since.is_null())
        .set(webhooks::failing_since.eq(now.as_millis()))
        .execute(connection)?;
    if let Some(until) = report.held_until {
        diesel::update(webhook)
            .set(webhooks::held_until.eq(until.as_millis()))
            .execute(connection)?;
    }
    let (since, reason) = match &report.disable {
        Some(reason) => (now, reason.clone()),
        None => (
            now.before(disable_after),
            format!(
                "every attempt failed for {} h",
                disable_after.as_secs() / 3600
            ),
        ),
    };
    let disabled = diesel::sql_query(
        "UPDATE webhooks SET state = 'disabled', state_since = $1, disabled_reason = $2, \
           notice_at = CASE WHEN contact IS NULL THEN NULL ELSE $1 END \
         WHERE id = $3 AND state = 'active' AND failing_since <= $4",
    )
    .bind::<BigInt, _>(now.as_millis())
    .bind::<Text, _>(&reason)
    .bind::<Text, _>(&report.webhook)
    .bind::<BigInt, _>(since.as_millis())
    .execute(connection)?;
    Ok(AttemptRecorded {
        disabled: (disabled == 1).then_some(reason),
    })
}
