//! Webhooks that fail, were switched off, or cannot be called at all.

use signup_notify::webhook::{Egress, open_secrets};
use signup_store::{StoreError, Webhook, WebhookState};

use super::Finding;
use crate::workplace::{Workplace, now};

const CHECK: &str = "webhooks";

pub(super) async fn check(place: &Workplace) -> Vec<Finding> {
    match look(place).await {
        Ok(findings) => findings,
        Err(error) => vec![Finding::fail(
            CHECK,
            error.to_string(),
            "start the database",
        )],
    }
}

async fn look(place: &Workplace) -> Result<Vec<Finding>, StoreError> {
    let webhooks = place.store.webhooks().await?;
    let mut findings: Vec<Finding> = webhooks
        .iter()
        .filter_map(|webhook| problem(place, webhook))
        .collect();
    if findings.is_empty() {
        let waiting = place.store.webhook_backlog().await?.pending;
        let found = match webhooks.len() {
            0 => "there are none".to_owned(),
            count => format!("{count} webhooks, {waiting} deliveries wait"),
        };
        findings.push(Finding::ok(CHECK, found));
    }
    Ok(findings)
}

fn problem(place: &Workplace, webhook: &Webhook) -> Option<Finding> {
    let name = format!("webhook {}", webhook.id);
    match webhook.state {
        WebhookState::Disabled => {
            let reason = webhook.disabled_reason.as_deref().unwrap_or_default();
            let advice = format!(
                "when its endpoint answers, run: signupctl webhook resume {}",
                webhook.id
            );
            return Some(Finding::warn(
                name,
                format!("switched off: {reason}"),
                advice,
            ));
        }
        WebhookState::Paused => return None,
        WebhookState::Active => {}
    }
    if let Ok(keys) = place.keys()
        && let Err(error) = open_secrets(&keys, webhook, now())
    {
        let advice = format!(
            "put the key back into secrets.keys, or run: signupctl webhook rotate {}",
            webhook.id
        );
        return Some(Finding::fail(name, error.to_string(), advice));
    }
    if let Err(problem) = Egress::new(&place.settings.webhooks).check_url(&webhook.url) {
        let advice = "correct the settings of the process that calls webhooks, or these";
        return Some(Finding::warn(name, problem.to_string(), advice));
    }
    let since = webhook.failing_since?;
    let advice = format!("run: signupctl webhook deliveries {}", webhook.id);
    Some(Finding::warn(name, format!("fails since {since}"), advice))
}
