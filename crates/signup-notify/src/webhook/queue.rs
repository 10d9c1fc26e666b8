//! From an event to the webhooks that want it.

use serde::Deserialize;
use signup_core::event::{EventMessage, EventType};
use signup_store::{Webhook, WebhookEvent};

use crate::envelope::{self, User};
use crate::plan::Undone;
use crate::worker::Worker;

/// The types of events that go to webhooks. Requests for codes do not: they hold addresses of people who have not signed
/// up, and are for the worker alone.
pub const EVENT_TYPES: [EventType; 3] = [
    EventType::UserCreated,
    EventType::UserErased,
    EventType::UserExported,
];

/// What of an event's `data` decides who gets it.
#[derive(Deserialize)]
struct About {
    user: User,
}

impl Worker {
    /// Queues an event for each webhook that wants it. Doing so again changes nothing.
    pub(crate) async fn queue_for_webhooks(&self, event: &EventMessage) -> Result<(), Undone> {
        let About { user } = envelope::data(&event.envelope)
            .map_err(|problem| Undone::unreadable(event, problem))?;
        let about = WebhookEvent {
            id: &event.id,
            event_type: &event.event_type,
            provider: &user.provider,
            application: &user.application,
        };
        let queued = self
            .store
            .insert_webhook_deliveries(about, self.clock.now())
            .await?;
        if queued > 0 {
            self.webhook_wake.notify_one();
        }
        Ok(())
    }
}

/// Whether a webhook wants an event, as [`Store::insert_webhook_deliveries`] decides it for active ones.
///
/// [`Store::insert_webhook_deliveries`]: signup_store::Store::insert_webhook_deliveries
pub(super) fn wants(webhook: &Webhook, event: &EventMessage) -> bool {
    let goes_out = EVENT_TYPES
        .iter()
        .any(|known| known.as_str() == event.event_type);
    if !goes_out
        || !(webhook.event_types.is_empty() || webhook.event_types.contains(&event.event_type))
    {
        return false;
    }
    let Ok(About { user }) = envelope::data(&event.envelope) else {
        return false;
    };
    let fits = |wanted: &Option<String>, has: &str| wanted.as_deref().is_none_or(|it| it == has);
    fits(&webhook.provider, &user.provider) && fits(&webhook.application, &user.application)
}
