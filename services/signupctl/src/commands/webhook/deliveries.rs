//! `signupctl webhook deliveries`

use serde_json::{Value, json};
use signup_store::{WebhookDelivery, WebhookDeliveryState};

use super::find;
use crate::output::{Output, table};
use crate::workplace::Workplace;

/// Lists the newest deliveries.
pub async fn run(
    place: &Workplace,
    id: &str,
    failed: bool,
    limit: u32,
    output: Output,
) -> anyhow::Result<()> {
    find(place, id).await?;
    let state = failed.then_some(WebhookDeliveryState::Failed);
    let deliveries = place.store.webhook_deliveries(id, state, limit).await?;
    let value: Vec<Value> = deliveries.iter().map(as_json).collect();
    output.show(&value, || as_text(&deliveries))
}

pub(super) fn as_json(delivery: &WebhookDelivery) -> Value {
    json!({
        "event_id": delivery.event_id,
        "state": delivery.state.as_str(),
        "attempts": delivery.attempts,
        "last_status": delivery.last_status,
        "last_problem": delivery.last_problem,
        "created_at": delivery.created_at.to_string(),
        "first_attempt_at": delivery.first_attempt_at.map(|time| time.to_string()),
        "last_attempt_at": delivery.last_attempt_at.map(|time| time.to_string()),
        "next_attempt_at": next(delivery),
    })
}

pub(super) fn as_text(deliveries: &[WebhookDelivery]) -> String {
    let rows: Vec<_> = deliveries
        .iter()
        .map(|delivery| {
            [
                delivery.event_id.clone(),
                delivery.state.as_str().to_owned(),
                delivery.attempts.to_string(),
                next(delivery)
                    .or(delivery.last_attempt_at.map(|time| time.to_string()))
                    .unwrap_or_default(),
                delivery.last_problem.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table(
        [
            "EVENT",
            "STATE",
            "ATTEMPTS",
            "NEXT OR LAST ATTEMPT",
            "PROBLEM",
        ],
        &rows,
        "there are no deliveries",
    )
}

fn next(delivery: &WebhookDelivery) -> Option<String> {
    let pending = delivery.state == WebhookDeliveryState::Pending;
    pending.then(|| delivery.next_attempt_at.to_string())
}
