//! `signupctl webhook create`

use signup_notify::webhook::{NewWebhook, NewWebhookError};
use signup_store::WebhookCounts;

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
    let (provider, application) = scope(place, arguments).await?;
    let new = NewWebhook {
        url: arguments.url.clone(),
        events: arguments.events.clone(),
        provider,
        application,
        contact: arguments.contact.clone(),
    };
    let (webhook, secret) = new
        .make(&place.settings.webhooks, &place.keys()?, now())
        .map_err(refused)?;
    place
        .store
        .insert_webhook(&webhook, &place.author())
        .await?;
    let secret = secret.expose();
    let mut value = as_json(&webhook, WebhookCounts::default());
    value["secret"] = secret.expose().as_str().into();
    let text = || {
        format!(
            "webhook {id} was made\nStore the secret now: it is not shown again.\n\n\
             {:<10} {id}\n{:<10} {}\n\n\
             Try it with: signupctl webhook test {id}\n",
            "id",
            "secret",
            secret.expose(),
            id = webhook.id,
        )
    };
    let lost = format!(
        "webhook {id} was made, but its secret was not shown; make another with: signupctl webhook rotate {id} --overlap 0s",
        id = webhook.id
    );
    output.show_once(&value, text, &lost)
}

/// The provider and application whose events are wanted.
async fn scope(
    place: &Workplace,
    arguments: &WebhookCreateArgs,
) -> anyhow::Result<(Option<String>, Option<String>)> {
    if let Some(provider) = &arguments.provider {
        let provider = providers::find(provider)?.name;
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

/// What was typed is told as a misuse, the rest as a failure.
fn refused(error: NewWebhookError) -> anyhow::Error {
    match error {
        NewWebhookError::Url(_) | NewWebhookError::UrlTooLong => Misuse(error.to_string()).into(),
        NewWebhookError::Contact => Misuse("--contact is no e-mail address".to_owned()).into(),
        NewWebhookError::Secret(error) => error.into(),
    }
}
