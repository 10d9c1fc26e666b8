//! The envelope of an event, as `schemas/events/envelope.v1.json` describes it.

use std::fmt;

use jiff::Timestamp;
use lapin::message::Delivery;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

/// The type of event that this consumer takes.
const USER_CREATED: &str = "signup.user.created.v1";

/// A user who signed up: what this consumer wants to know of the event. What else stands in it is ignored, because
/// later releases may add members.
pub struct NewUser {
    /// The event's id: the same however often the event comes.
    pub event_id: Uuid,
    /// The provider whose API was called.
    pub provider: String,
    /// The user's public id, unique within the provider.
    pub user_id: String,
    /// The application that the user signed up through.
    pub application: String,
    /// When the user signed up.
    pub created_at: Timestamp,
}

/// Why a message will not get better by being delivered again. Quotes nothing: the message may be personal.
#[derive(Debug)]
pub struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Deserialize)]
struct Envelope {
    specversion: String,
    id: Uuid,
    #[serde(rename = "type")]
    event_type: String,
    data: Value,
}

#[derive(Deserialize)]
struct Data {
    user: User,
    created_at: Timestamp,
}

#[derive(Deserialize)]
struct User {
    id: String,
    provider: String,
    application: String,
}

impl NewUser {
    /// Reads a message. `None` for an event of another type, which a wider binding may bring.
    pub fn read(delivery: &Delivery) -> Result<Option<Self>, Unreadable> {
        let envelope: Envelope = parse(serde_json::from_slice(&delivery.data))?;
        if envelope.specversion != "1.0" {
            return Err(Unreadable("another version of CloudEvents".to_owned()));
        }
        let message_id = delivery.properties.message_id();
        if message_id.as_ref().map(|id| id.as_str()) != Some(&envelope.id.to_string()) {
            return Err(Unreadable("the id is not that of the message".to_owned()));
        }
        if envelope.event_type != USER_CREATED {
            return Ok(None);
        }
        let Data { user, created_at } = parse(serde_json::from_value(envelope.data))?;
        Ok(Some(Self {
            event_id: envelope.id,
            provider: user.provider,
            user_id: user.id,
            application: user.application,
            created_at,
        }))
    }
}

/// Says what kind of fault it is and where; the parser's own words would quote the value.
fn parse<T>(parsed: serde_json::Result<T>) -> Result<T, Unreadable> {
    parsed.map_err(|fault| {
        let (kind, line, column) = (fault.classify(), fault.line(), fault.column());
        Unreadable(format!(
            "not the envelope of an event ({kind:?} fault at {line}:{column})"
        ))
    })
}
