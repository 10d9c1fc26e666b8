//! Delivering again: what was given up, or what happened before the webhook was there.

use signup_core::time::Timestamp;
use signup_store::{ReplaySelection, Store, StoreError, Webhook};

use super::queue::wants;

/// Events that are looked at in one step.
const STEP: u32 = 500;

/// What a replay has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Selected events that the webhook wants.
    pub wanted: usize,
    /// How many of them are due now and were not before.
    pub replayed: usize,
}

/// Makes selected events due for a webhook, with the same `webhook-id` as ever, in steps of bounded size. Only events
/// that the outbox still has can be delivered (`bus.retention`), and only those that the webhook wants are.
///
/// # Errors
/// The database is unavailable; what was made due until then stays so, and the replay can be repeated.
pub async fn replay(
    store: &Store,
    webhook: &Webhook,
    selection: &ReplaySelection,
    now: Timestamp,
) -> Result<Replayed, StoreError> {
    let mut done = Replayed::default();
    let mut after = 0;
    loop {
        let events = store.events_to_replay(selection, after, STEP).await?;
        let Some((last, _)) = events.last() else {
            return Ok(done);
        };
        after = *last;
        let wanted: Vec<String> = events
            .into_iter()
            .filter(|(_, event)| wants(webhook, event))
            .map(|(_, event)| event.id)
            .collect();
        done.wanted += wanted.len();
        done.replayed += store
            .replay_webhook_events(&webhook.id, wanted, selection.failed, now)
            .await?;
    }
}
