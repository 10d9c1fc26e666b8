//! `signupctl webhook pause`, `resume` and `delete`

use serde_json::json;

use super::{find, unknown};
use crate::output::Output;
use crate::workplace::Workplace;

/// Stops calling it. Saying so again changes nothing.
pub async fn pause(place: &Workplace, id: &str, output: Output) -> anyhow::Result<()> {
    place.store.pause_webhook(id, &place.author()).await?;
    let webhook = find(place, id).await?;
    let state = webhook.state.as_str();
    output.show(&json!({"id": id, "state": state}), || {
        format!("webhook {id} is {state}; call it again with: signupctl webhook resume {id}\n")
    })
}

/// Calls it again. Saying so again changes nothing.
pub async fn resume(place: &Workplace, id: &str, output: Output) -> anyhow::Result<()> {
    find(place, id).await?;
    let resumed = place.store.resume_webhook(id, &place.author()).await?;
    let missed_since = resumed.map(|since| since.to_string());
    let value = json!({"id": id, "state": "active", "missed_since": missed_since});
    output.show(&value, || match &missed_since {
        None => format!("webhook {id} is active already\n"),
        Some(since) => format!(
            "webhook {id} is active; what waited for it goes out now\n\
             Events since {since} were not queued. Deliver them with:\n\
             \n    signupctl webhook replay {id} --since {since}\n"
        ),
    })
}

/// Removes it.
pub async fn delete(place: &Workplace, id: &str, output: Output) -> anyhow::Result<()> {
    if !place.store.delete_webhook(id, &place.author()).await? {
        return Err(unknown(id).into());
    }
    output.show(&json!({"id": id, "deleted": true}), || {
        format!("webhook {id} was removed\n")
    })
}
