//! The mail that tells a contact that its webhook was switched off.

use std::sync::Arc;
use std::time::Duration;

use signup_app::shutdown::Shutdown;
use signup_core::code::Channel;
use signup_core::messages::MessageKind;
use signup_core::time::{Clock, Timestamp};
use signup_store::{Store, StoreError, Webhook};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::message::{Message, Registered};
use crate::sender::{SendError, Sender, send_in_time};

/// In both languages, because the contact's is not known. `{webhook}`, `{host}` and `{reason}` are filled in.
const TEXT: &str = include_str!("../../templates/webhook-disabled.email.txt");
/// When a notice that nobody took is tried again: later than sending may take ([`send_in_time`]).
const RETRY: Duration = Duration::from_secs(5 * 60);
/// How often it looks whether somebody else's notice is due.
const POLL: Duration = Duration::from_secs(10);

/// Tells contacts, beside the deliveries: a mail server that hangs holds up none of them.
pub(super) struct Notices {
    store: Store,
    sender: Arc<dyn Sender>,
    clock: Arc<dyn Clock>,
    wake: Notify,
}

impl Notices {
    pub(super) fn new(store: Store, sender: Arc<dyn Sender>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            sender,
            clock,
            wake: Notify::new(),
        }
    }

    /// A webhook was switched off: its contact is told at once.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Works until `shutdown`, and sends what it has begun to its end.
    pub(super) async fn run(self: Arc<Self>, shutdown: Shutdown) {
        while !shutdown.is_triggered() {
            if self.tell_next().await {
                continue;
            }
            tokio::select! {
                () = shutdown.wait() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Tells a contact that is to be told, and whether there was one. What fails here is done the next time.
    pub(super) async fn tell_next(&self) -> bool {
        self.try_to_tell_next().await.unwrap_or_else(|error| {
            log::warn!(event = "webhook.fault"; "contacts cannot be told: {error}");
            false
        })
    }

    /// A process that dies meanwhile leaves the notice due: told twice is better than never.
    async fn try_to_tell_next(&self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let claimed = self.store.claim_webhook_notice(now, now.after(RETRY));
        let Some(webhook) = claimed.await? else {
            return Ok(false);
        };
        let Some(message) = message(&webhook, now) else {
            self.store.finish_webhook_notice(&webhook.id).await?;
            return Ok(true);
        };
        match send_in_time(self.sender.as_ref(), &message).await {
            Ok(_) => {
                log::info!(
                    event = "webhook.notice", webhook = webhook.id.as_str();
                    "{} was told that its webhook was switched off", message.masked_address()
                );
                self.store.finish_webhook_notice(&webhook.id).await?;
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
                self.store.finish_webhook_notice(&webhook.id).await?;
            }
        }
        Ok(true)
    }
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
