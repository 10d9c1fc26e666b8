//! The bus of a production system.

use async_trait::async_trait;
use signup_core::event::EventMessage;

use super::connection::BrokerOptions;
use super::message::{Outgoing, TextTooLong};
use super::publisher::Publisher;
use super::topology::EVENTS_EXCHANGE;
use crate::{Bus, PublishError};

/// RabbitMQ. Connects when it is first asked whether it is [ready](Bus::ready), or when the first event is published;
/// after any loss the next question or event connects again. Meanwhile both fail with [`PublishError::Unavailable`]
/// within seconds.
pub struct RabbitBus {
    publisher: Publisher,
    app: String,
}

impl RabbitBus {
    /// A bus that is not connected yet.
    pub fn new(options: BrokerOptions) -> Self {
        Self {
            app: options.name.clone(),
            publisher: Publisher::new(options, "publisher"),
        }
    }

    /// Publishes events to one queue only, for a consumer that is to see them again. Results as of [`Bus::publish`];
    /// [`PublishError::Unroutable`] means that there is no such queue.
    pub async fn publish_to_queue(
        &self,
        queue: &str,
        events: &[EventMessage],
    ) -> Vec<Result<(), PublishError>> {
        self.publish_all(events, |event| {
            Outgoing::event_to_queue(event, queue, &self.app)
        })
        .await
    }

    /// How often it had to connect again.
    pub fn reconnects(&self) -> u64 {
        self.publisher.reconnects()
    }

    /// Says goodbye to the broker.
    pub async fn close(&self) {
        self.publisher.close().await;
    }

    async fn publish_all(
        &self,
        events: &[EventMessage],
        message: impl Fn(&EventMessage) -> Result<Outgoing, TextTooLong>,
    ) -> Vec<Result<(), PublishError>> {
        let mut messages = Vec::with_capacity(events.len());
        let mut results = Vec::with_capacity(events.len());
        for event in events {
            results.push(match message(event) {
                Ok(message) => {
                    messages.push(message);
                    Ok(())
                }
                Err(error) => Err(PublishError::Refused(error.to_string())),
            });
        }
        let mut published = self.publisher.publish(&messages).await.into_iter();
        for result in results.iter_mut().filter(|result| result.is_ok()) {
            if let Some(outcome) = published.next() {
                *result = outcome;
            }
        }
        results
    }
}

#[async_trait]
impl Bus for RabbitBus {
    async fn ready(&self) -> Result<(), PublishError> {
        let connected = self.publisher.connect().await;
        connected.map_err(|error| PublishError::Unavailable(error.to_string()))
    }

    async fn publish(&self, events: &[EventMessage]) -> Vec<Result<(), PublishError>> {
        self.publish_all(events, |event| {
            Outgoing::event(event, EVENTS_EXCHANGE, &self.app)
        })
        .await
    }
}
