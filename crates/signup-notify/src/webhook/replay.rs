//! Delivering again: what was given up, or what happened before the webhook was there.

use std::time::Duration;

use serde_json::json;
use signup_core::event::EventMessage;
use signup_core::time::Timestamp;
use signup_store::{AuditEntry, ChangeAuthor, EventFilter, Store, StoreError, Webhook};

use super::queue::{EVENT_TYPES, wants};

/// Events that are looked at in one step, and noted together.
const STEP: u32 = 2000;
/// Events are found by the time in their ids, told by the clocks of other machines.
const CLOCKS_APART: Duration = Duration::from_secs(24 * 60 * 60);

/// Which events are to be delivered again. Only what the outbox still has can be (`bus.retention`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplaySelection {
    /// Only events that happened at this time or later.
    pub since: Option<Timestamp>,
    /// Only this event.
    pub event_id: Option<String>,
    /// Only events whose delivery was given up.
    pub failed: bool,
}

/// What a replay has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Selected events that the webhook wants.
    pub wanted: usize,
    /// How many of them are due now and were not before.
    pub replayed: usize,
}

/// Makes selected events due for a webhook, with the same `webhook-id` as ever, in steps of bounded size. Only events
/// that the webhook wants are. Each step that made any due is noted with their number, in its own transaction.
///
/// # Errors
/// The database is unavailable; what was made due until then stays so, and the replay can be repeated.
pub async fn replay(
    store: &Store,
    webhook: &Webhook,
    selection: &ReplaySelection,
    author: &ChangeAuthor,
) -> Result<Replayed, StoreError> {
    let details = json!({
        "since": selection.since.map(|since| since.to_string()),
        "event": selection.event_id,
        "failed": selection.failed,
    });
    let noted = author.did("webhook_replayed", Some(&webhook.id), details);
    let mut done = Replayed::default();
    if let Some(id) = &selection.event_id {
        let found = store
            .find_event(id)
            .await?
            .filter(|found| selection.since.is_none_or(|since| found.time >= since))
            .filter(|found| found.erased_at.is_none());
        let events = found.map(|found| found.event).into_iter().collect();
        done.add(store, webhook, events, selection.failed, &noted)
            .await?;
        return Ok(done);
    }
    let filter = EventFilter {
        types: EVENT_TYPES.map(|known| known.as_str().to_owned()).into(),
        since: selection.since.unwrap_or(Timestamp::from_millis(0)),
        until: author.time.after(CLOCKS_APART),
    };
    let mut after = None;
    loop {
        let events = store.list_events(&filter, after.as_deref(), STEP).await?;
        let Some(last) = events.last() else {
            return Ok(done);
        };
        after = Some(last.event.id.clone());
        // What is about somebody who was erased is never sent out again.
        let events = events
            .into_iter()
            .filter(|found| found.erased_at.is_none())
            .map(|found| found.event)
            .collect();
        done.add(store, webhook, events, selection.failed, &noted)
            .await?;
    }
}

impl Replayed {
    async fn add(
        &mut self,
        store: &Store,
        webhook: &Webhook,
        mut events: Vec<EventMessage>,
        failed: bool,
        noted: &AuditEntry,
    ) -> Result<(), StoreError> {
        events.retain(|event| wants(webhook, event));
        self.wanted += events.len();
        let ids = events.into_iter().map(|event| event.id).collect();
        self.replayed += store
            .replay_webhook_events(&webhook.id, ids, failed, noted)
            .await?;
        Ok(())
    }
}
