//! What must hold in the end, and what does not.

mod events;
mod mails;
#[cfg(test)]
mod tests;
mod users;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::consumer::Arrival;
use crate::ledger::Pages;
use crate::mailbox::Mail;
use crate::tables::Tables;

/// Everything that is known in the end, from four sides that do not know each other.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// What clients saw.
    pub pages: Pages,
    /// What the database holds.
    pub tables: Tables,
    /// What the consumer got.
    pub arrivals: Vec<Arrival>,
    /// What the mail server got.
    pub mails: Vec<Mail>,
    /// What the worker gave up, as `signupctl dead list` tells it.
    pub dead: Vec<Value>,
}

/// The counts.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Counts {
    /// People who wanted to sign up.
    pub people: usize,
    /// Sign-ups that the client saw succeed.
    pub accepted: usize,
    /// Sign-ups that were refused for good, by the service's word.
    pub refused: BTreeMap<String, usize>,
    /// People whom no code reached, so that they never sent a sign-up.
    pub without_code: usize,
    /// People who sent a sign-up and never got an answer that counts.
    pub unanswered: usize,
    /// Those of them who are users, each explained by that.
    pub unanswered_users: Vec<String>,
    /// User rows.
    pub users: usize,
    /// Events about new users in the outbox.
    pub user_events: usize,
    /// Different events at the consumer.
    pub arrived_events: usize,
    /// Repeats at the consumer.
    pub repeated_events: usize,
    /// Events that were never published.
    pub unpublished_events: usize,
    /// Codes that services took on to send.
    pub codes: usize,
    /// Mails with a code at the mail server.
    pub mails: usize,
    /// Mails that arrived twice.
    pub repeated_mails: usize,
    /// Mails that arrived after their code's end.
    pub expired_mails: usize,
    /// Mails that arrived long after another code had taken their code's place.
    pub replaced_mails: usize,
    /// Deliveries by state.
    pub deliveries: BTreeMap<String, usize>,
    /// Deliveries of unknown outcome whose mail arrived.
    pub unknown_arrived: usize,
    /// Messages that the worker gave up.
    pub dead_letters: usize,
    /// Replies by service and status.
    pub replies: BTreeMap<String, BTreeMap<u16, u64>>,
    /// Requests without a reply by service.
    pub silences: BTreeMap<String, u64>,
    /// Replies outside of the provider's envelope.
    pub strange_replies: usize,
}

/// Counts everything, and says in one sentence each what is wrong.
pub fn check(evidence: &Evidence) -> (Counts, Vec<String>) {
    let mut counts = Counts::default();
    let mut faults = Vec::new();
    users::check(evidence, &mut counts, &mut faults);
    events::check(evidence, &mut counts, &mut faults);
    mails::check(evidence, &mut counts, &mut faults);
    replies(&evidence.pages, &mut counts, &mut faults);
    counts.dead_letters = evidence.dead.len();
    for letter in &evidence.dead {
        let text = |name: &str| letter[name].as_str().unwrap_or("?").to_owned();
        faults.push(format!(
            "a dead letter, {} {}: {}",
            text("type"),
            text("id"),
            text("problem")
        ));
    }
    (counts, faults)
}

fn replies(pages: &Pages, counts: &mut Counts, faults: &mut Vec<String>) {
    for ((service, status), count) in &pages.replies {
        counts
            .replies
            .entry(service.to_string())
            .or_default()
            .insert(*status, *count);
    }
    for (service, count) in &pages.silences {
        counts.silences.insert(service.to_string(), *count);
    }
    counts.strange_replies = pages.strange.len();
    faults.extend(
        pages
            .strange
            .iter()
            .map(|strange| format!("a reply outside of the envelope: {strange}")),
    );
}
