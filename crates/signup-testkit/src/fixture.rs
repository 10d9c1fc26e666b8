//! Sample messages below `schemas/fixtures/`: events that the real code made, with what is random in them settled.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{contract, schema};

/// The time of every sample.
const TIME: &str = "2026-01-15T08:30:00.000Z";

/// A sample message.
pub struct Fixture {
    /// What the file's name says behind the routing key, if there is one.
    pub name: &'static str,
    /// Unlike that of any other sample: its event id ends with it.
    pub number: u16,
    /// The subject, in the provider's form.
    pub subject: &'static str,
    /// The package whose test makes it.
    pub package: &'static str,
}

/// Compares `schemas/fixtures/<routing key>.<name>.json` with an event that the code made, once ids and times are those
/// of the sample.
///
/// # Panics
/// When they differ, with the command that writes the file anew; when the event breaks its schema.
pub fn assert_is_published(fixture: &Fixture, event: &Value) {
    let name = format!("{}.{}", routing_key(event), fixture.name);
    compare(fixture, event, &name);
}

/// The same of an event that goes to webhooks only and has no routing key: `schemas/fixtures/webhooks/<name>.json`.
///
/// # Panics
/// See [`assert_is_published`].
pub fn assert_is_published_for_webhooks(fixture: &Fixture, event: &Value) {
    compare(fixture, event, &format!("webhooks/{}", fixture.name));
}

fn compare(fixture: &Fixture, event: &Value, name: &str) {
    let event = settled(fixture, event);
    contract::assert_keeps(&event);
    schema::assert_is_published(&format!("fixtures/{name}.json"), &event, fixture.package);
}

/// The key that an event is published under, out of the event.
pub fn routing_key(event: &Value) -> String {
    let data = &event["data"];
    let event_type = event["type"].as_str().unwrap();
    let end = match &data["user"]["provider"] {
        Value::Null => &data["channel"],
        provider => provider,
    };
    let start = event_type.trim_start_matches("signup.");
    format!(
        "{}.{}",
        start.trim_end_matches(".v1"),
        end.as_str().unwrap()
    )
}

/// The event with the sample's ids and times. Whatever holds a time moves with the event's own.
fn settled(fixture: &Fixture, event: &Value) -> Value {
    let text = |name: &str| event[name].as_str().unwrap();
    let id = |last: u16| format!("019bc0c6-9b40-7000-8000-{last:012x}");
    let moved = TIME.parse::<Timestamp>().unwrap() - text("time").parse::<Timestamp>().unwrap();
    let replacements = [
        (text("id"), id(fixture.number)),
        (text("requestid"), id(0x1000 + fixture.number)),
        (text("subject"), fixture.subject.to_owned()),
    ];
    let mut settled = event.clone();
    settle(&mut settled, &|found| {
        if let Some((_, replacement)) = replacements.iter().find(|(old, _)| *old == found) {
            return Some(replacement.clone());
        }
        let time: Timestamp = found.parse().ok()?;
        Some(format!("{:.3}", time + moved))
    });
    settled
}

fn settle(value: &mut Value, change: &impl Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(changed) = change(text) {
                *value = json!(changed);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| settle(item, change)),
        Value::Object(members) => members.values_mut().for_each(|item| settle(item, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
