//! The mail that tells a contact that its webhook was switched off.

use std::time::Duration;

use signup_core::code::Channel;
use signup_core::messages::MessageKind;
use signup_core::time::Timestamp;
use signup_store::{Store, StoreError, Webhook};
use uuid::Uuid;

use crate::message::{Message, Registered};
use crate::sender::{SendError, Sender};

/// In both languages, because the contact's is not known. `{webhook}`, `{host}` and `{reason}` are filled in.
const TEXT: &str = include_str!("../../templates/webhook-disabled.email.txt");
/// When a notice that nobody took is tried again.
const RETRY: Duration = Duration::from_secs(5 * 60);

/// Tells every contact that is to be told. A process that dies meanwhile leaves the notice due: told twice is better
/// than never.
pub(super) async fn send_due(
    store: &Store,
    sender: &dyn Sender,
    now: Timestamp,
) -> Result<(), StoreError> {
    while let Some(webhook) = store.claim_webhook_notice(now, now.after(RETRY)).await? {
        let Some(message) = message(&webhook, now) else {
            store.finish_webhook_notice(&webhook.id).await?;
            continue;
        };
        match sender.send(&message).await {
            Ok(_) => {
                log::info!(
                    event = "webhook.notice", webhook = webhook.id.as_str();
                    "{} was told that its webhook was switched off", message.masked_address()
                );
                store.finish_webhook_notice(&webhook.id).await?;
            }
            Err(SendError::Unavailable(problem)) => log::warn!(
                event = "webhook.notice", webhook = webhook.id.as_str();
                "{} is told later that its webhook was switched off: {problem}", message.masked_address()
            ),
            Err(error @ (SendError::Refused(_) | SendError::Unanswered(_))) => {
                log::error!(
                    event = "webhook.notice", webhook = webhook.id.as_str();
                    "{} may not know that its webhook was switched off: {error}", message.masked_address()
                );
                store.finish_webhook_notice(&webhook.id).await?;
            }
        }
    }
    Ok(())
}

fn message(webhook: &Webhook, now: Timestamp) -> Option<Message> {
    let address = webhook.contact.clone()?;
    let url: Option<reqwest::Url> = webhook.url.parse().ok();
    let host = url.as_ref().and_then(reqwest::Url::host_str);
    // The host alone: the rest of a URL may hold a token, and mails are read by many.
    let filled = TEXT
        .replace("{webhook}", &webhook.id)
        .replace("{host}", host.unwrap_or_default())
        .replace(
            "{reason}",
            webhook.disabled_reason.as_deref().unwrap_or_default(),
        );
    let (subject, text) = filled.strip_prefix("Subject: ")?.split_once("\n\n")?;
    Some(Message {
        channel: Channel::Email,
        address,
        provider: webhook.provider.clone().unwrap_or_default(),
        application: webhook.application.clone().unwrap_or_default(),
        application_name: "signup".to_owned(),
        kind: MessageKind::WebhookDisabled,
        locale: "en".to_owned(),
        subject: Some(subject.to_owned()),
        text: text.trim_end().to_owned(),
        code: None,
        expires_at: None,
        registered: Registered::default(),
        event_id: Uuid::now_v7().to_string(),
        time: now,
    })
}
