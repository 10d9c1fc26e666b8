//! A letter, read from what we or the broker wrote on it.

use lapin::BasicProperties;
use lapin::message;
use lapin::types::{AMQPValue, FieldTable};

use super::{EventMessage, Lane, Timestamp, lane_queue, original_routing_key, trail};
use crate::rabbitmq::message::read_event;

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The event. If the body is none, what the message's properties say, around the body.
    pub event: EventMessage,
    /// Why the last attempt failed.
    pub problem: String,
    /// Attempts that failed. 0 if it never got as far as that.
    pub attempts: u32,
    /// Whose queue it was given up from.
    pub lane: Lane,
    /// When the first attempt failed, to the second.
    pub first_failure: Option<Timestamp>,
    /// When it was given up, to the second.
    pub died: Option<Timestamp>,
}

impl DeadLetter {
    pub(super) fn read(message: &message::Delivery) -> Self {
        let properties = &message.properties;
        let routing_key = first_routing_key(message);
        let event = read_event(properties, &routing_key, &message.data)
            .unwrap_or_else(|_| unreadable(message, &routing_key));
        let first_failure = trail::time(properties, trail::FIRST_FAILURE);
        let attempts = trail::failures(properties);
        // Ours is written when we gave it up; without it the broker did, at the delivery limit.
        let (problem, died, queue) = match trail::time(properties, trail::DIED) {
            Some(died) => (
                trail::header_text(properties, trail::PROBLEM),
                Some(died),
                trail::header_text(properties, trail::LANE),
            ),
            None => {
                let death = Death::last(properties);
                (
                    Some(death.problem(trail::header_text(properties, trail::PROBLEM))),
                    death.time,
                    death.queue,
                )
            }
        };
        let lane = [Lane::Codes, Lane::Others]
            .into_iter()
            .find(|lane| queue.as_deref() == Some(lane_queue(*lane)))
            .unwrap_or(if event.routing_key.starts_with("otp.requested.") {
                Lane::Codes
            } else {
                Lane::Others
            });
        Self {
            event,
            problem: problem.unwrap_or_else(|| "unknown".to_owned()),
            attempts,
            lane,
            first_failure: first_failure.map(timestamp),
            died: died.map(timestamp),
        }
    }
}

/// What the broker wrote when it moved the message: the newest entry of `x-death`.
#[derive(Default)]
struct Death {
    reason: Option<String>,
    queue: Option<String>,
    time: Option<u64>,
}

impl Death {
    fn last(properties: &BasicProperties) -> Self {
        let Some(entry) = deaths(properties).next() else {
            return Self::default();
        };
        let field = |name| entry.inner().get(name);
        Self {
            reason: field("reason").and_then(trail::as_text),
            queue: field("queue").and_then(trail::as_text),
            time: field("time").and_then(trail::as_time),
        }
    }

    fn problem(&self, earlier: Option<String>) -> String {
        let mut problem = match self.reason.as_deref() {
            Some("delivery_limit") => format!(
                "the worker ended {} times while it handled this",
                super::topology::DELIVERY_LIMIT + 1
            ),
            Some(reason) => format!("the broker moved it here: {reason}"),
            None => "put here by somebody else".to_owned(),
        };
        if let Some(earlier) = earlier {
            problem.push_str("; before that: ");
            problem.push_str(&earlier);
        }
        problem
    }
}

fn deaths(properties: &BasicProperties) -> impl Iterator<Item = &FieldTable> {
    let entries = match trail::header(properties, "x-death") {
        Some(AMQPValue::FieldArray(entries)) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().filter_map(|entry| match entry {
        AMQPValue::FieldTable(entry) => Some(entry),
        _ => None,
    })
}

/// The routing key it was first published with: in our header, or else where the broker wrote it when it moved the
/// message here, because then the message's own key is the name of the dead queue.
pub(super) fn first_routing_key(message: &message::Delivery) -> String {
    let moved_with = deaths(&message.properties).next().and_then(|entry| {
        match entry.inner().get("routing-keys") {
            Some(AMQPValue::FieldArray(keys)) => keys.as_slice().first().and_then(trail::as_text),
            _ => None,
        }
    });
    let delivered_with = moved_with.unwrap_or_else(|| message.routing_key.to_string());
    original_routing_key(&message.properties, &delivered_with)
}

fn unreadable(message: &message::Delivery, routing_key: &str) -> EventMessage {
    let text = |value: &Option<lapin::types::ShortString>| {
        value.as_ref().map(ToString::to_string).unwrap_or_default()
    };
    EventMessage {
        id: text(message.properties.message_id()),
        event_type: text(message.properties.kind()),
        subject: String::new(),
        routing_key: routing_key.to_owned(),
        envelope: String::from_utf8_lossy(&message.data).into_owned(),
    }
}

fn timestamp(seconds: u64) -> Timestamp {
    let millis = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
    Timestamp::from_millis(millis)
}
