//! Events: what other services learn of a sign-up. CloudEvents 1.0, structured JSON mode.

mod data_subject;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::application::Application;
use crate::code::{Challenge, Channel};
use crate::context::RequestContext;
use crate::identifier::IdentifierKind;
use crate::time::Timestamp;
use crate::user::NewUser;

pub use data_subject::KnownUser;

/// The media type of an event's envelope.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    /// A user signed up.
    UserCreated,
    /// A code was asked for and is to be sent.
    OtpRequested,
    /// A user was erased: who keeps something about the user has to forget it too.
    UserErased,
    /// What is kept about a user was handed out.
    UserExported,
}

impl EventType {
    /// The CloudEvents `type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserCreated => "signup.user.created.v1",
            Self::OtpRequested => "signup.otp.requested.v1",
            Self::UserErased => "signup.user.erased.v1",
            Self::UserExported => "signup.user.exported.v1",
        }
    }

    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::UserCreated,
        Self::OtpRequested,
        Self::UserErased,
        Self::UserExported,
    ];

    /// The schema of the event's `data`: `dataschema` in the envelope, and its file below `schemas/events/`.
    pub const fn schema(self) -> &'static str {
        match self {
            Self::UserCreated => "urn:signup:schema:user.created:v1",
            Self::OtpRequested => "urn:signup:schema:otp.requested:v1",
            Self::UserErased => "urn:signup:schema:user.erased:v1",
            Self::UserExported => "urn:signup:schema:user.exported:v1",
        }
    }
}

/// An event as it waits in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// UUIDv7; the same everywhere: outbox row, CloudEvents `id`, AMQP `message_id`.
    pub id: Uuid,
    /// The CloudEvents `type`.
    pub event_type: &'static str,
    /// What the event is about: the user's public id, or the challenge's id. Events of one subject keep their order.
    pub subject: String,
    /// Where consumers' bindings find it, such as `user.created.<provider>`.
    pub routing_key: String,
    /// The whole envelope, JSON text.
    pub envelope: String,
    /// When it happened.
    pub time: Timestamp,
    /// The request that caused it.
    pub request_id: String,
}

impl Event {
    /// Announces a new user. Carries no password, hash or code.
    pub fn user_created(user: &NewUser, context: &RequestContext) -> Self {
        Self::user_created_at(user, user.created_at, context)
    }

    /// Announces a user who is new here and signed up elsewhere, maybe years ago: what happens `now` is that consumers
    /// learn of it.
    pub fn user_imported(user: &NewUser, now: Timestamp, context: &RequestContext) -> Self {
        Self::user_created_at(user, now, context)
    }

    fn user_created_at(user: &NewUser, time: Timestamp, context: &RequestContext) -> Self {
        let mut identifiers = Map::new();
        for taken in &user.identifiers {
            let value = match taken.identifier.kind() {
                // The key of a phone number is its E.164 form, which consumers can dial.
                IdentifierKind::Phone => taken.identifier.key(),
                IdentifierKind::Username | IdentifierKind::Email => taken.identifier.display(),
            };
            identifiers.insert(
                taken.identifier.kind().as_str().to_owned(),
                json!({"value": value, "verified": taken.verified}),
            );
        }
        let data = json!({
            "user": {
                "id": user.public_id,
                "provider": user.provider,
                "directory": user.directory,
                "application": user.application,
            },
            "identifiers": identifiers,
            "profile": user.profile,
            "created_at": user.created_at.to_string(),
        });
        let source = source(&user.provider, &user.directory, &user.application);
        Self::new(
            EventType::UserCreated,
            source,
            user.public_id.clone(),
            format!("user.created.{}", user.provider),
            time,
            data,
            context,
        )
    }

    /// Asks the worker to send a code. Carries what is needed to derive the code, never the code.
    pub fn otp_requested(
        application: &Application,
        challenge: &Challenge,
        message: &OtpMessage,
        context: &RequestContext,
    ) -> Self {
        let data = OtpRequested {
            challenge: challenge.id,
            key_id: challenge.key_id.clone(),
            provider: application.provider.clone(),
            application: application.id.clone(),
            purpose: challenge.binding.purpose.clone(),
            channel: challenge.binding.channel,
            address: challenge.binding.address.clone(),
            mailbox: Some(message.recipient.clone())
                .filter(|recipient| *recipient != challenge.binding.address),
            digits: challenge.digits,
            template: message.template.clone(),
            locale: message.locale.clone(),
            expires_at: challenge.expires_at,
        };
        let source = source(
            &application.provider,
            &application.directory.id,
            &application.id,
        );
        Self::new(
            EventType::OtpRequested,
            source,
            challenge.id.to_string(),
            format!("otp.requested.{}", challenge.binding.channel.as_str()),
            challenge.created_at,
            json!(data),
            context,
        )
    }

    fn new(
        event_type: EventType,
        source: String,
        subject: String,
        routing_key: String,
        time: Timestamp,
        data: Value,
        context: &RequestContext,
    ) -> Self {
        let id = Uuid::now_v7();
        let mut envelope = json!({
            "specversion": "1.0",
            "id": id,
            "source": source,
            "type": event_type.as_str(),
            "subject": subject,
            "time": time.to_string(),
            "datacontenttype": "application/json",
            "dataschema": event_type.schema(),
            "requestid": context.request_id,
            "data": data,
        });
        if let Some(trace_parent) = &context.trace_parent {
            envelope["traceparent"] = json!(trace_parent);
        }
        Self {
            id,
            event_type: event_type.as_str(),
            subject,
            routing_key,
            envelope: envelope.to_string(),
            time,
            request_id: context.request_id.clone(),
        }
    }
}

/// An event on its way to consumers: what a bus carries of it.
#[derive(Clone, PartialEq, Eq)]
pub struct EventMessage {
    /// The event's id, a UUID.
    pub id: String,
    /// The CloudEvents `type`.
    pub event_type: String,
    /// What the event is about.
    pub subject: String,
    /// Where consumers' bindings find it.
    pub routing_key: String,
    /// The whole envelope, JSON text.
    pub envelope: String,
}

impl From<&Event> for EventMessage {
    fn from(event: &Event) -> Self {
        Self {
            id: event.id.to_string(),
            event_type: event.event_type.to_owned(),
            subject: event.subject.clone(),
            routing_key: event.routing_key.clone(),
            envelope: event.envelope.clone(),
        }
    }
}

/// An event that is written into the outbox is free for every relay, unless one holds it from the beginning: that relay
/// gets it in memory once it is committed, and until the end of the hold nobody else may take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The relay's name.
    pub by: String,
    /// The event is free from then on.
    pub until: Timestamp,
}

impl fmt::Debug for EventMessage {
    /// Leaves out the envelope, because it holds personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventMessage")
            .field("id", &self.id)
            .field("event_type", &self.event_type)
            .field("subject", &self.subject)
            .field("routing_key", &self.routing_key)
            .finish_non_exhaustive()
    }
}

/// Where a code's message goes and how it is to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtpMessage {
    /// The address in the spelling that the message goes to.
    pub recipient: String,
    /// The template's name.
    pub template: String,
    /// The locale of the text, BCP 47.
    pub locale: String,
}

/// `data` of `signup.otp.requested.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtpRequested {
    /// The challenge whose code is to be sent.
    pub challenge: Uuid,
    /// The key in the ring that the code is derived with.
    pub key_id: String,
    /// The application's provider.
    pub provider: String,
    /// The application that asked.
    pub application: String,
    /// What the code is for.
    pub purpose: String,
    /// How it goes out.
    pub channel: Channel,
    /// Whom it is for, normalised: E.164, or an e-mail address. An erasure finds the event by it.
    pub address: String,
    /// The spelling of the e-mail address that the message goes to, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// Length of the code.
    pub digits: u8,
    /// The message's template.
    pub template: String,
    /// The message's locale.
    pub locale: String,
    /// From then on it must not be sent any more; RFC 3339.
    #[serde(with = "crate::time::rfc3339")]
    pub expires_at: Timestamp,
}

fn source(provider: &str, directory: &str, application: &str) -> String {
    format!("/{provider}/{directory}/{application}")
}
