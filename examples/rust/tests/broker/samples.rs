//! The published samples, on their way as the services' own bus sends them.

use std::time::Duration;

use serde_json::Value;
use signup_bus::Bus as _;
use signup_bus::rabbitmq::{BrokerOptions, BrokerUrl, RabbitBus};
use signup_core::event::EventMessage;
use signup_testkit::{TestBroker, contract, eventually, fixture};
use uuid::Uuid;

/// One message for each file in `schemas/fixtures`.
pub fn samples() -> Vec<EventMessage> {
    let fixtures = contract::json_files("fixtures").into_iter();
    fixtures.map(|(_, event)| to_message(&event)).collect()
}

/// The new users among the samples, as new events.
pub fn new_users(samples: &[EventMessage]) -> Vec<EventMessage> {
    let users = samples
        .iter()
        .filter(|sample| sample.routing_key.starts_with("user.created."));
    users
        .map(|sample| {
            let id = Uuid::now_v7().to_string();
            let envelope = sample.envelope.replace(&sample.id, &id);
            message(sample, id, envelope)
        })
        .collect()
}

/// A message like another one, with another id and body.
pub fn message(like: &EventMessage, id: String, envelope: String) -> EventMessage {
    EventMessage {
        id,
        envelope,
        ..like.clone()
    }
}

/// Publishes messages, in this order.
pub async fn publish(broker: &TestBroker, messages: &[EventMessage]) {
    let bus = RabbitBus::new(BrokerOptions {
        url: BrokerUrl::parse(broker.url()).unwrap(),
        ca_file: None,
        name: "samples".to_owned(),
    });
    eventually(Duration::from_secs(20), async || bus.ready().await).await;
    for outcome in bus.publish(messages).await {
        outcome.unwrap();
    }
    bus.close().await;
}

fn to_message(event: &Value) -> EventMessage {
    let text = |name: &str| event[name].as_str().unwrap().to_owned();
    EventMessage {
        id: text("id"),
        event_type: text("type"),
        subject: text("subject"),
        routing_key: fixture::routing_key(event),
        envelope: event.to_string(),
    }
}
