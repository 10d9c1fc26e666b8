//! Events as AMQP messages.

use std::time::{SystemTime, UNIX_EPOCH};

use lapin::BasicProperties;
use lapin::types::{FieldTable, ShortString};
use serde::Deserialize;
use signup_core::event::{CONTENT_TYPE, EventMessage};

use super::trail::{self, ROUTING_KEY};

/// Delivery mode 2 (AMQP 0-9-1): kept on disk.
const PERSISTENT: u8 = 2;

/// A message on its way out.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    /// The exchange; empty for the default exchange, which routes to the queue named by the routing key.
    pub exchange: ShortString,
    /// The routing key.
    pub routing_key: ShortString,
    /// Properties and headers.
    pub properties: BasicProperties,
    /// The body.
    pub body: Vec<u8>,
}

impl Outgoing {
    /// An event on its way to everybody who is bound to its routing key.
    ///
    /// # Errors
    /// A text is too long for AMQP (255 bytes).
    pub fn event(
        event: &EventMessage,
        exchange: &'static str,
        app: &str,
    ) -> Result<Self, TextTooLong> {
        Ok(Self {
            exchange: exchange.into(),
            routing_key: short(&event.routing_key)?,
            properties: properties(event, app)?,
            body: event.envelope.clone().into_bytes(),
        })
    }

    /// An event on its way to one queue. A header keeps its routing key.
    ///
    /// # Errors
    /// A text is too long for AMQP (255 bytes).
    pub fn event_to_queue(
        event: &EventMessage,
        queue: &str,
        app: &str,
    ) -> Result<Self, TextTooLong> {
        let mut headers = FieldTable::default();
        headers.insert(ROUTING_KEY.into(), trail::text(&event.routing_key));
        Ok(Self {
            exchange: "".into(),
            routing_key: short(queue)?,
            properties: properties(event, app)?.with_headers(headers),
            body: event.envelope.clone().into_bytes(),
        })
    }
}

/// A text that AMQP has no room for.
#[derive(Debug, thiserror::Error)]
#[error("`{0}…` is longer than the 255 bytes that AMQP has room for")]
pub(super) struct TextTooLong(String);

fn short(text: &str) -> Result<ShortString, TextTooLong> {
    ShortString::try_new(text).map_err(|_| TextTooLong(text.chars().take(40).collect()))
}

fn properties(event: &EventMessage, app: &str) -> Result<BasicProperties, TextTooLong> {
    Ok(BasicProperties::default()
        .with_message_id(short(&event.id)?)
        .with_type(short(&event.event_type)?)
        .with_content_type(CONTENT_TYPE.into())
        .with_delivery_mode(PERSISTENT)
        .with_timestamp(now())
        .with_app_id(short(app)?))
}

/// Seconds since the Unix epoch, as AMQP counts time.
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// What a message has to say of itself; CloudEvents 1.0, required attributes.
#[derive(Deserialize)]
struct Envelope {
    specversion: String,
    id: String,
    #[serde(rename = "type")]
    event_type: String,
    #[serde(default)]
    subject: String,
}

/// Reads an event. `routing_key` is the one it was delivered with; a header says if it was another one in the beginning.
///
/// # Errors
/// The body is no CloudEvents JSON. The text says why and holds nothing of the body.
pub(super) fn read_event(
    properties: &BasicProperties,
    routing_key: &str,
    body: &[u8],
) -> Result<EventMessage, String> {
    let envelope =
        std::str::from_utf8(body).map_err(|_| "the body is not UTF-8 text".to_owned())?;
    let Envelope {
        specversion,
        id,
        event_type,
        subject,
    } = serde_json::from_str(envelope).map_err(|error| {
        let (kind, line, column) = (error.classify(), error.line(), error.column());
        format!("the body is no CloudEvents JSON ({kind:?} error, line {line}, column {column})")
    })?;
    if specversion != "1.0" {
        return Err("the body is of another version of CloudEvents than 1.0".to_owned());
    }
    if id.is_empty() {
        return Err("the event has no id".to_owned());
    }
    Ok(EventMessage {
        id,
        event_type,
        subject,
        routing_key: original_routing_key(properties, routing_key),
        envelope: envelope.to_owned(),
    })
}

/// The routing key that a message was published with in the first place.
pub(super) fn original_routing_key(properties: &BasicProperties, delivered_with: &str) -> String {
    trail::header_text(properties, ROUTING_KEY).unwrap_or_else(|| delivered_with.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVELOPE: &str = r#"{"specversion":"1.0","id":"e1","source":"/a","type":"t","subject":"s","data":{"x":"secret"}}"#;

    fn read(body: &str) -> Result<EventMessage, String> {
        read_event(
            &BasicProperties::default(),
            "user.created.acme",
            body.as_bytes(),
        )
    }

    #[test]
    fn an_event_is_read_from_its_envelope() {
        let event = read(ENVELOPE).unwrap();
        assert_eq!(
            [
                &event.id,
                &event.event_type,
                &event.subject,
                &event.routing_key,
                &event.envelope
            ],
            ["e1", "t", "s", "user.created.acme", ENVELOPE]
        );
    }

    #[test]
    fn a_body_that_is_no_event_is_refused_without_quoting_it() {
        for body in [
            "",
            "secret",
            r#"{"secret":1}"#,
            &ENVELOPE.replace("e1", ""),
            &ENVELOPE.replace("1.0", "0.3"),
        ] {
            let reason = read(body).unwrap_err();
            assert!(!reason.contains("secret"), "{reason}");
        }
    }

    #[test]
    fn a_text_that_amqp_has_no_room_for_is_an_error() {
        let mut event = read(ENVELOPE).unwrap();
        event.routing_key = "k".repeat(256);
        assert!(Outgoing::event(&event, "x", "app").is_err());
        event.routing_key = "k".repeat(255);
        assert!(Outgoing::event(&event, "x", "app").is_ok());
        assert!(Outgoing::event_to_queue(&event, &"q".repeat(256), "app").is_err());
    }
}
