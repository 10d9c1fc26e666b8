//! Events as they pass by.

use std::io::{self, Write};

use serde::Deserialize;
use signup_bus::Subscription;
use signup_core::event::EventMessage;

use crate::local::Style;

/// Prints one line per event to standard output: its type, source, subject and the end of its id.
pub struct Tail {
    subscription: Subscription,
}

impl Tail {
    /// Follows the events of this subscription.
    pub fn new(subscription: Subscription) -> Self {
        Self { subscription }
    }

    /// Prints until the bus is gone.
    pub async fn run(mut self) {
        let style = Style::of_stdout();
        while let Some(delivery) = self.subscription.next().await {
            // Nobody may be reading any more; the event itself has other consumers.
            let _ = io::stdout().write_all(line(&delivery.event, style).as_bytes());
            delivery.ack();
        }
    }
}

fn line(event: &EventMessage, Style { bold, faint, plain }: Style) -> String {
    #[derive(Deserialize)]
    struct Source {
        source: String,
    }
    let source = serde_json::from_str(&event.envelope)
        .map_or_else(|_| "?".to_owned(), |Source { source }| source);
    // The end: the first half of a UUIDv7 is the time, alike in neighbours.
    let (_, id) = event
        .id
        .split_at_checked(event.id.len().saturating_sub(8))
        .unwrap_or_default();
    let (event_type, subject) = (&event.event_type, &event.subject);
    format!("{bold}{event_type}{plain} {source} {subject} {faint}…{id}{plain}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_without_its_data() {
        let event = EventMessage {
            id: "0192a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b".to_owned(),
            event_type: "signup.user.created.v1".to_owned(),
            subject: "u17".to_owned(),
            routing_key: "user.created.acme".to_owned(),
            envelope: r#"{"source":"/acme/d1/shop","data":{"email":"a@example.com"}}"#.to_owned(),
        };
        assert_eq!(
            line(&event, Style::NONE),
            "signup.user.created.v1 /acme/d1/shop u17 …8e9f0a1b\n"
        );
    }
}
