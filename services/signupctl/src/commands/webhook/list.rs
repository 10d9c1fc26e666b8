//! `signupctl webhook list` and `show`

use serde_json::Value;
use signup_core::mask::mask_email;

use super::{as_json, deliveries, find, health, scope};
use crate::output::{Output, table};
use crate::workplace::Workplace;

/// Deliveries that `show` shows.
const NEWEST: u32 = 10;

/// Lists all webhooks.
pub async fn run(place: &Workplace, output: Output) -> anyhow::Result<()> {
    let webhooks = place.store.webhooks().await?;
    let counts = place.store.webhook_counts().await?;
    let count = |id: &str| counts.get(id).copied().unwrap_or_default();
    let value: Vec<Value> = webhooks
        .iter()
        .map(|webhook| as_json(webhook, count(&webhook.id)))
        .collect();
    output.show(&value, || {
        let rows: Vec<_> = webhooks
            .iter()
            .map(|webhook| {
                [
                    webhook.id.clone(),
                    scope(webhook),
                    count(&webhook.id).pending.to_string(),
                    count(&webhook.id).failed.to_string(),
                    webhook.url.clone(),
                    health(webhook),
                ]
            })
            .collect();
        table(
            ["ID", "EVENTS OF", "PENDING", "FAILED", "URL", "STATE"],
            &rows,
            "there are no webhooks yet; make one with: signupctl webhook create URL",
        )
    })
}

/// Shows one webhook.
pub async fn show(place: &Workplace, id: &str, output: Output) -> anyhow::Result<()> {
    let webhook = find(place, id).await?;
    let counts = place.store.counts_of_webhook(id).await?;
    let newest = place.store.webhook_deliveries(id, None, NEWEST).await?;
    let mut value = as_json(&webhook, counts);
    value["deliveries"] = newest.iter().map(deliveries::as_json).collect();
    output.show(&value, || {
        let types = webhook.event_types.join(", ");
        let mut lines = vec![
            ("id", webhook.id.clone()),
            ("url", webhook.url.clone()),
            ("events of", scope(&webhook)),
            (
                "types",
                if types.is_empty() {
                    "(all)".to_owned()
                } else {
                    types
                },
            ),
            ("state", health(&webhook)),
            ("since", webhook.state_since.to_string()),
            ("created", webhook.created_at.to_string()),
            ("pending", counts.pending.to_string()),
            ("failed", counts.failed.to_string()),
        ];
        if let Some(contact) = &webhook.contact {
            lines.push(("contact", mask_email(contact)));
        }
        if let Some((_, until)) = &webhook.previous_secret {
            lines.push(("old secret", format!("signs until {until}")));
        }
        if let Some(until) = webhook.held_until {
            lines.push(("held until", until.to_string()));
        }
        let lines: Vec<String> = lines
            .iter()
            .map(|(name, value)| format!("{name:<12} {value}"))
            .collect();
        format!("{}\n\n{}\n", lines.join("\n"), deliveries::as_text(&newest))
    })
}
