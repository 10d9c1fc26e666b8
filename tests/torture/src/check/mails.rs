//! Every code was sent at most once more than asked for, in time, and what is recorded is what happened.

use std::collections::BTreeMap;

use super::{Counts, Evidence};
use crate::mailbox::Mail;
use crate::tables::{Challenge, Event, OTP_REQUESTED};

/// A message that was handed over before its code was replaced may arrive a moment after: milliseconds of it.
const IN_FLIGHT: i64 = 2_000;

pub(super) fn check(evidence: &Evidence, counts: &mut Counts, faults: &mut Vec<String>) {
    let tables = &evidence.tables;
    let events = tables
        .events
        .iter()
        .filter(|event| event.event_type == OTP_REQUESTED);
    let events: BTreeMap<&str, &Event> = events.map(|event| (event.id.as_str(), event)).collect();
    counts.codes = events.len();
    counts.mails = evidence.mails.len();
    let mut by_event: BTreeMap<&str, Vec<&Mail>> = BTreeMap::new();
    for mail in &evidence.mails {
        by_event.entry(&mail.event).or_default().push(mail);
    }
    let replaced_at = replacements(tables.challenges.values());
    for (id, mails) in &by_event {
        let challenge = events
            .get(id)
            .and_then(|event| tables.challenges.get(&event.subject));
        let Some(challenge) = challenge else {
            faults.push(format!("a mail came that nobody asked for, event {id:?}"));
            continue;
        };
        counts.repeated_mails += mails.len() - 1;
        if mails.len() > 2 {
            faults.push(format!(
                "one code was sent {} times, event {id}",
                mails.len()
            ));
        }
        for mail in mails {
            if mail.received_at > challenge.expires_at {
                counts.expired_mails += 1;
                let late = mail.received_at - challenge.expires_at;
                faults.push(format!(
                    "a code arrived {late} ms after its end, event {id}"
                ));
            }
            let replaced = replaced_at.get(challenge.id.as_str());
            if let Some(late) = replaced
                .map(|at| mail.received_at - at)
                .filter(|late| *late > IN_FLIGHT)
            {
                counts.replaced_mails += 1;
                faults.push(format!(
                    "a code arrived {late} ms after another had taken its place, event {id}"
                ));
            }
        }
    }
    for id in events.keys() {
        let delivery = tables.deliveries.get(*id);
        let state = delivery.map_or("none", |delivery| delivery.state.as_str());
        *counts.deliveries.entry(state.to_owned()).or_default() += 1;
        let arrived = by_event.contains_key(id);
        match (state, arrived) {
            ("delivered", false) => faults.push(format!(
                "a code is recorded as delivered and never arrived, event {id}"
            )),
            ("dropped", true) => faults.push(format!(
                "a code is recorded as dropped and arrived, event {id}"
            )),
            ("unknown", true) => counts.unknown_arrived += 1,
            ("delivered" | "dropped" | "unknown", _) => {}
            (state, _) => {
                let attempts = delivery.map_or(0, |delivery| delivery.attempts);
                faults.push(format!(
                    "a code's delivery came to no end ({state}, attempt {attempts}), event {id}"
                ));
            }
        }
    }
}

/// When each challenge was replaced by the next one for the same address.
fn replacements<'a>(challenges: impl Iterator<Item = &'a Challenge>) -> BTreeMap<&'a str, i64> {
    let mut by_address: BTreeMap<_, Vec<&Challenge>> = BTreeMap::new();
    for challenge in challenges {
        by_address
            .entry((&challenge.provider, &challenge.address))
            .or_default()
            .push(challenge);
    }
    let mut replaced = BTreeMap::new();
    for challenges in by_address.values_mut() {
        challenges.sort_by_key(|challenge| challenge.created_at);
        for pair in challenges.windows(2) {
            replaced.insert(pair[0].id.as_str(), pair[1].created_at);
        }
    }
    replaced
}
