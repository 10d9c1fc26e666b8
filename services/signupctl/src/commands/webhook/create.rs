//! `signupctl webhook create`

use anyhow::Context as _;
use signup_core::identifier::EmailAddress;
use signup_notify::webhook::{Egress, SigningSecret};
use signup_store::{Webhook, WebhookCounts, WebhookState};
use uuid::Uuid;

use super::as_json;
use crate::cli::WebhookCreateArgs;
use crate::commands::app;
use crate::failure::Misuse;
use crate::output::Output;
use crate::providers;
use crate::workplace::{Workplace, now};

/// Makes a webhook and shows its secret, the only time.
pub async fn run(
    place: &Workplace,
    arguments: &WebhookCreateArgs,
    output: Output,
) -> anyhow::Result<()> {
    let url = Egress::new(&place.settings.webhooks)
        .check_url(&arguments.url)
        .map_err(|problem| Misuse(format!("the URL cannot be a webhook's: {problem}")))?;
    let (provider, application) = scope(place, arguments).await?;
    let contact = arguments
        .contact
        .as_deref()
        .map(check_contact)
        .transpose()?;
    let (id, now) = (Uuid::now_v7().to_string(), now());
    let secret = SigningSecret::generate().context("no secret could be made")?;
    let webhook = Webhook {
        url: url.into(),
        event_types: arguments
            .events
            .iter()
            .map(|known| known.as_str().to_owned())
            .collect(),
        provider,
        application,
        state: WebhookState::Active,
        state_since: now,
        disabled_reason: None,
        sealed_secret: secret.seal(&place.keys()?, &id)?,
        previous_secret: None,
        contact,
        created_at: now,
        failing_since: None,
        held_until: None,
        id,
    };
    place.store.insert_webhook(&webhook).await?;
    let secret = secret.expose();
    let mut value = as_json(&webhook, WebhookCounts::default());
    value["secret"] = secret.expose().as_str().into();
    output.show(&value, || {
        format!(
            "webhook {id} was made\nStore the secret now: it is not shown again.\n\n\
             {:<10} {id}\n{:<10} {}\n\n\
             Try it with: signupctl webhook test {id}\n",
            "id",
            "secret",
            secret.expose(),
            id = webhook.id,
        )
    })
}

/// The provider and application whose events are wanted.
async fn scope(
    place: &Workplace,
    arguments: &WebhookCreateArgs,
) -> anyhow::Result<(Option<String>, Option<String>)> {
    if let Some(provider) = &arguments.provider {
        let provider = providers::find(provider)?.provider.name;
        return Ok((Some(provider.to_owned()), None));
    }
    let Some(name) = &arguments.application else {
        return Ok((None, None));
    };
    let stored = place.declarations().await?;
    let application = app::find(&stored, name)?;
    Ok((
        Some(application.provider.clone()),
        Some(application.id.clone()),
    ))
}

fn check_contact(address: &str) -> Result<String, Misuse> {
    EmailAddress::parse(address)
        .map(|_| address.to_owned())
        .map_err(|_| Misuse("--contact is no e-mail address".to_owned()))
}
