//! `signupctl webhook`

mod create;
mod deliveries;
mod list;
mod replay;
mod rotate;
mod state;
mod test;

use serde_json::{Value, json};
use signup_core::mask::mask_email;
use signup_core::time::Timestamp;
use signup_store::{Webhook, WebhookCounts};

use crate::cli::WebhookCommand;
use crate::failure::Misuse;
use crate::output::Output;
use crate::workplace::Workplace;

/// Does what the command says.
pub async fn run(
    place: &Workplace,
    command: &WebhookCommand,
    output: Output,
) -> anyhow::Result<()> {
    place.must_be_migrated().await?;
    match command {
        WebhookCommand::Create(arguments) => create::run(place, arguments, output).await,
        WebhookCommand::List => list::run(place, output).await,
        WebhookCommand::Show { id } => list::show(place, id, output).await,
        WebhookCommand::Rotate { id, overlap } => rotate::run(place, id, *overlap, output).await,
        WebhookCommand::Pause { id } => state::pause(place, id, output).await,
        WebhookCommand::Resume { id } => state::resume(place, id, output).await,
        WebhookCommand::Delete { id } => state::delete(place, id, output).await,
        WebhookCommand::Deliveries { id, failed, limit } => {
            deliveries::run(place, id, *failed, *limit, output).await
        }
        WebhookCommand::Replay(arguments) => replay::run(place, arguments, output).await,
        WebhookCommand::Test { id } => test::run(place, id, output).await,
    }
}

async fn find(place: &Workplace, id: &str) -> anyhow::Result<Webhook> {
    let found = place.store.find_webhook(id).await?;
    Ok(found.ok_or_else(|| unknown(id))?)
}

fn unknown(id: &str) -> Misuse {
    Misuse(format!(
        "there is no webhook `{id}`; list them with: signupctl webhook list"
    ))
}

fn as_json(webhook: &Webhook, counts: WebhookCounts) -> Value {
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
    json!({
        "id": webhook.id,
        "url": webhook.url,
        "event_types": webhook.event_types,
        "provider": webhook.provider,
        "application": webhook.application,
        "state": webhook.state.as_str(),
        "state_since": webhook.state_since.to_string(),
        "disabled_reason": webhook.disabled_reason,
        "contact": webhook.contact.as_deref().map(mask_email),
        "created_at": webhook.created_at.to_string(),
        "failing_since": time(webhook.failing_since),
        "held_until": time(webhook.held_until),
        "previous_secret_until": time(webhook.previous_secret.as_ref().map(|(_, until)| *until)),
        "pending": counts.pending,
        "failed": counts.failed,
    })
}

/// Whose events it gets.
fn scope(webhook: &Webhook) -> String {
    match (&webhook.provider, &webhook.application) {
        (Some(provider), Some(application)) => format!("{provider}/{application}"),
        (Some(provider), None) => format!("{provider}/*"),
        (None, Some(application)) => format!("*/{application}"),
        (None, None) => "(all)".to_owned(),
    }
}

/// Its state, with what an operator should know of it.
fn health(webhook: &Webhook) -> String {
    match (&webhook.disabled_reason, webhook.failing_since) {
        (Some(reason), _) => format!("{} ({reason})", webhook.state.as_str()),
        (None, Some(since)) => format!("{} (failing since {since})", webhook.state.as_str()),
        (None, None) => webhook.state.as_str().to_owned(),
    }
}
