//! `signupctl webhook replay`

use serde_json::json;
use signup_notify::webhook::{ReplaySelection, replay};
use signup_store::WebhookState;

use super::find;
use crate::cli::WebhookReplayArgs;
use crate::failure::Misuse;
use crate::output::Output;
use crate::workplace::Workplace;

/// Makes events due again.
pub async fn run(
    place: &Workplace,
    arguments: &WebhookReplayArgs,
    output: Output,
) -> anyhow::Result<()> {
    let webhook = find(place, &arguments.id).await?;
    let selection = ReplaySelection {
        since: arguments.since,
        event_id: arguments.event_id.clone(),
        failed: arguments.failed,
    };
    let done = replay(&place.store, &webhook, &selection, &place.author()).await?;
    if let Some(event) = &arguments.event_id
        && done.wanted == 0
    {
        return Err(Misuse(format!(
            "event `{event}` is not in the outbox (any more), or this webhook does not want it"
        ))
        .into());
    }
    let state = webhook.state;
    let value = json!({
        "id": webhook.id,
        "selected": done.wanted,
        "replayed": done.replayed,
        "state": state.as_str(),
    });
    output.show(&value, || {
        let mut text = format!("{} events are due now\n", done.replayed);
        if state != WebhookState::Active {
            text.push_str(&format!(
                "The webhook is {}; they go out after: signupctl webhook resume {}\n",
                state.as_str(),
                webhook.id
            ));
        }
        text
    })
}
