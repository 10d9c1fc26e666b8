//! Where knowledge ends, and why.

use signup_core::event::EventType;
use signup_core::time::Timestamp;
use signup_store::UserRecord;

use super::search::Search;
use super::steps::length;
use crate::import::origin_of;
use crate::settings::{KeptDecisions, Settings};

/// What the time line cannot show, each in a sentence without its full stop.
pub fn of(found: &Search, settings: &Settings, now: Timestamp) -> Vec<String> {
    let mut notes = Vec::new();
    let trace = &settings.trace;
    match trace.decisions {
        KeptDecisions::All => {}
        KeptDecisions::Refused => notes.push(
            "only refused requests are kept (trace.decisions is \"refused\" in the settings read here)".to_owned(),
        ),
        KeptDecisions::Off => notes.push(
            "no requests are kept (trace.decisions is \"off\" in the settings read here)".to_owned(),
        ),
    }
    if found.decisions.is_empty() && found.users.is_empty() && found.events.is_empty() {
        notes.push(format!(
            "requests are kept for {} after they came and can be looked for a second after their answer; codes are kept \
             for a day after their end, published events for {}",
            length(trace.retention),
            length(settings.bus.retention),
        ));
    }
    for user in found.users.values() {
        notes.extend(of_user(user, found, settings, now));
    }
    for (id, stored) in &found.events {
        let asks_for_message = stored.event.event_type == EventType::OtpRequested.as_str();
        if asks_for_message && stored.published_at.is_some() && !found.deliveries.contains_key(id) {
            notes.push(format!(
                "no message is recorded for event {id}: no worker has dealt with it yet, or it was more than 30 days ago"
            ));
        }
    }
    if found.by_mask {
        notes.push(
            "requests are kept with masked addresses, and other people's can look the same"
                .to_owned(),
        );
    }
    if found.more {
        notes.push("there is more than is shown; look for a single request or user".to_owned());
    }
    notes
}

fn of_user(user: &UserRecord, found: &Search, settings: &Settings, now: Timestamp) -> Vec<String> {
    let mut notes = Vec::new();
    let id = &user.public_id;
    if let Some(origin) = origin_of(&user.request_id) {
        return vec![format!(
            "user {id} signed up elsewhere and was imported ({origin}): nobody here saw a request or a code, and there is an \
             event only if the import announced users"
        )];
    }
    let has_request = found
        .decisions
        .iter()
        .any(|decision| decision.request_id == user.request_id);
    if !has_request && settings.trace.decisions == KeptDecisions::All {
        let request = &user.request_id;
        notes.push(if user.created_at < now.before(settings.trace.retention) {
            format!(
                "request {request}, which created user {id}, is older than what is kept ({}, trace.retention)",
                length(settings.trace.retention)
            )
        } else {
            format!(
                "request {request}, which created user {id}, was not kept: trace.decisions was off, or the database did \
                 not take it in time (metric signup_decisions_dropped_total)"
            )
        });
    }
    let has_event = found.events.values().any(|stored| {
        stored.event.subject == *id && stored.event.event_type == EventType::UserCreated.as_str()
    });
    if !has_event {
        notes.push(format!(
            "the event of user {id} is gone: events are kept for {} after they were published (bus.retention)",
            length(settings.bus.retention)
        ));
    }
    let is_verified = user.identifiers.iter().any(|(.., verified)| *verified);
    let has_code = found
        .challenges
        .values()
        .any(|record| record.consumed_by.as_deref() == Some(&user.id));
    if is_verified && !has_code {
        notes.push(format!(
            "the code of user {id} is gone: codes are kept for a day after their end"
        ));
    }
    notes
}
