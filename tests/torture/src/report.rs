//! The result, for people and for programs.

use serde::Serialize;

use crate::check::Counts;
use crate::outage::{Latency, Outage};

/// The whole result.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What repeats the plan.
    pub seed: u64,
    /// Rounds that were carried out.
    pub rounds: usize,
    /// SIGKILLs by victim.
    pub kills: Vec<(String, usize)>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The counts.
    pub counts: Counts,
    /// What was measured with the broker away; none if that was not asked for.
    pub outage: Option<Outage>,
    /// What is wrong; nothing if all is well.
    pub faults: Vec<String>,
    /// The command that repeats the run.
    pub repeat: String,
    /// Where the logs are.
    pub logs: String,
}

/// Faults that are printed; the rest is in the JSON.
const SHOWN: usize = 40;

impl Report {
    /// The table.
    pub fn table(&self) -> String {
        let counts = &self.counts;
        let kills: Vec<_> = self
            .kills
            .iter()
            .map(|(victim, count)| format!("{victim} {count}"))
            .collect();
        let mut rows = vec![
            ("seed", self.seed.to_string()),
            ("rounds", format!("{}, {:.0} s", self.rounds, self.seconds)),
            ("SIGKILL", kills.join(", ")),
            ("people", counts.people.to_string()),
            ("  accepted", counts.accepted.to_string()),
            ("  refused", sum(counts.refused.iter())),
            ("  without a code", counts.without_code.to_string()),
            (
                "  without an answer",
                format!(
                    "{}, of them users {}",
                    counts.unanswered,
                    counts.unanswered_users.len()
                ),
            ),
            ("user rows", counts.users.to_string()),
            (
                "user events",
                format!("{} in the outbox", counts.user_events),
            ),
            (
                "  at the consumer",
                format!(
                    "{} different, {} repeated",
                    counts.arrived_events, counts.repeated_events
                ),
            ),
            ("unpublished events", counts.unpublished_events.to_string()),
            ("codes asked for", counts.codes.to_string()),
            ("  deliveries", sum(counts.deliveries.iter())),
            (
                "  mails",
                format!(
                    "{}, of them repeated {}",
                    counts.mails, counts.repeated_mails
                ),
            ),
            (
                "  of unknown outcome",
                format!("{} arrived", counts.unknown_arrived),
            ),
            ("  after the end", counts.expired_mails.to_string()),
            ("  after replacement", counts.replaced_mails.to_string()),
            ("dead letters", counts.dead_letters.to_string()),
        ];
        for (service, replies) in &counts.replies {
            let silent = counts.silences.get(service).copied().unwrap_or_default();
            rows.push((
                "replies",
                format!("{service}: {}, no reply {silent}", sum(replies.iter())),
            ));
        }
        rows.push(("outside the envelope", counts.strange_replies.to_string()));
        if let Some(outage) = &self.outage {
            rows.extend(outage_rows(outage));
        }
        let mut text = String::new();
        for (name, value) in rows {
            text.push_str(&format!("{name:<22}{value}\n"));
        }
        for user in &counts.unanswered_users {
            text.push_str(&format!("explained: a user without an answer: {user}\n"));
        }
        for fault in self.faults.iter().take(SHOWN) {
            text.push_str(&format!("WRONG: {fault}\n"));
        }
        if self.faults.len() > SHOWN {
            text.push_str(&format!(
                "and {} more, see --json\n",
                self.faults.len() - SHOWN
            ));
        }
        let verdict = if self.faults.is_empty() {
            "all is well"
        } else {
            "FAILED"
        };
        text.push_str(&format!(
            "{verdict}; again with: {}; logs in {}\n",
            self.repeat, self.logs
        ));
        text
    }
}

fn outage_rows(outage: &Outage) -> Vec<(&'static str, String)> {
    let latency = |found: &Latency| {
        format!(
            "p50 {:.1} ms, p99 {:.1} ms of {} sign-ups",
            found.p50, found.p99, found.count
        )
    };
    vec![
        (
            "broker away",
            format!(
                "{:.1} s, {:.1} events/s arrived",
                outage.seconds, outage.arrivals_per_second
            ),
        ),
        ("  latency before", latency(&outage.before)),
        ("  latency during", latency(&outage.during)),
        ("  latency after", latency(&outage.after)),
        (
            "  backlog",
            format!(
                "{} events, noticed the broker's return after {:.2} s",
                outage.backlog, outage.noticed_after
            ),
        ),
        (
            "  drained",
            format!(
                "in {:.2} s, {:.0} events/s, {:.0} times the arrival rate",
                outage.drained_in, outage.drained_per_second, outage.ratio
            ),
        ),
    ]
}

/// `name count, name count`, or 0.
fn sum<N: ToString, C: ToString>(counts: impl Iterator<Item = (N, C)>) -> String {
    let texts: Vec<_> = counts
        .map(|(name, count)| format!("{} {}", name.to_string(), count.to_string()))
        .collect();
    if texts.is_empty() {
        "0".to_owned()
    } else {
        texts.join(", ")
    }
}
