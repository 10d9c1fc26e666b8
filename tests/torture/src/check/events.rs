//! Every user has one event, every event arrived, and says who it is about.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Counts, Evidence};
use crate::tables::{Event, USER_CREATED, User};

pub(super) fn check(evidence: &Evidence, counts: &mut Counts, faults: &mut Vec<String>) {
    let (users, events) = (&evidence.tables.users, &evidence.tables.events);
    for event in events.iter().filter(|event| event.published_at.is_none()) {
        counts.unpublished_events += 1;
        faults.push(format!(
            "the event {} ({}) was never published",
            event.id, event.event_type
        ));
    }
    let created: Vec<&Event> = events
        .iter()
        .filter(|event| event.event_type == USER_CREATED)
        .collect();
    counts.user_events = created.len();
    one_for_each(users, &created, faults);
    arrived(evidence, &created, counts, faults);
}

/// Users and events name each other, one to one.
fn one_for_each(users: &[User], events: &[&Event], faults: &mut Vec<String>) {
    let mut by_user: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for event in events {
        let envelope: Value = serde_json::from_str(&event.envelope).unwrap_or_default();
        let user = &envelope["data"]["user"];
        if envelope["id"] != event.id.as_str()
            || envelope["subject"] != event.subject.as_str()
            || user["id"] != event.subject.as_str()
        {
            faults.push(format!("the event {} is about two: {envelope}", event.id));
        }
        let provider = user["provider"].as_str().unwrap_or_default().to_owned();
        by_user
            .entry((provider, event.subject.clone()))
            .or_default()
            .push(envelope);
    }
    for user in users {
        let key = (user.provider.clone(), user.public_id.clone());
        let found = by_user.remove(&key).unwrap_or_default();
        let [envelope] = &found[..] else {
            faults.push(format!(
                "the user {} {} has {} events",
                user.provider,
                user.public_id,
                found.len()
            ));
            continue;
        };
        let data = &envelope["data"];
        let fits = data["user"]["application"] == user.application_id.as_str()
            && data["identifiers"][&user.kind]["value"] == user.display.as_str();
        if !fits {
            faults.push(format!(
                "the event of {} {} tells of somebody else: {data}",
                user.provider, user.public_id
            ));
        }
    }
    for (provider, id) in by_user.into_keys() {
        faults.push(format!("an event is about {provider} {id}, who is no user"));
    }
}

/// The consumer has every event, as it was written, and those of one subject in their order.
fn arrived(evidence: &Evidence, events: &[&Event], counts: &mut Counts, faults: &mut Vec<String>) {
    let by_id: BTreeMap<&str, &Event> = events
        .iter()
        .map(|event| (event.id.as_str(), *event))
        .collect();
    let mut seen = BTreeSet::new();
    let mut newest: BTreeMap<&str, i64> = BTreeMap::new();
    for arrival in &evidence.arrivals {
        let Some(event) = by_id.get(arrival.id.as_str()) else {
            faults.push(format!(
                "the event {} arrived and is not in the outbox",
                arrival.id
            ));
            continue;
        };
        if arrival.body != event.envelope {
            faults.push(format!(
                "the event {} arrived with another text than it was written with",
                event.id
            ));
        }
        if !seen.insert(event.id.as_str()) {
            counts.repeated_events += 1;
            continue;
        }
        if newest
            .insert(&event.subject, event.sequence)
            .is_some_and(|before| before > event.sequence)
        {
            faults.push(format!(
                "the event {} of {} came after a later one",
                event.id, event.subject
            ));
        }
    }
    counts.arrived_events = seen.len();
    for event in events
        .iter()
        .filter(|event| !seen.contains(event.id.as_str()))
    {
        faults.push(format!(
            "the event {} of the user {} never arrived: LOST",
            event.id, event.subject
        ));
    }
}
