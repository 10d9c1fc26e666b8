//! What becomes of a message once the worker has said so.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use lapin::message;
use lapin::options::BasicAckOptions;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::connection::BrokerOptions;
use super::consumer::{ConsumerSettings, ConsumerTotals, requeue};
use super::message::{Outgoing, now, original_routing_key, read_event};
use super::publisher::Publisher;
use super::retry::{delay, stage_after};
use super::topology::{DEAD_QUEUE, lane_queue};
use super::trail;
use crate::{Delivery, Outcome, retry_delay};

/// Settles the messages of one lane.
pub(super) struct Settler {
    queue: &'static str,
    attempts: u32,
    totals: Arc<ConsumerTotals>,
    /// A connection of its own: a broker that is short of memory stops those that publish, and with them their
    /// acknowledgements.
    publisher: Publisher,
}

impl Settler {
    pub fn new(
        options: &BrokerOptions,
        settings: ConsumerSettings,
        totals: Arc<ConsumerTotals>,
    ) -> Self {
        Self {
            queue: lane_queue(settings.lane),
            attempts: settings.attempts.max(1),
            totals,
            publisher: Publisher::new(options.clone(), "retries"),
        }
    }

    /// The delivery that a message makes, or why it makes none.
    pub fn read(
        &self,
        message: &message::Delivery,
    ) -> Result<(Delivery, oneshot::Receiver<Outcome>), String> {
        let event = read_event(
            &message.properties,
            message.routing_key.as_str(),
            &message.data,
        )?;
        let attempt = trail::failures(&message.properties).saturating_add(1);
        Ok(Delivery::new(event, attempt))
    }

    /// Does with a message what its outcome says; none means that the worker dropped it unsettled.
    pub async fn settle(
        &self,
        message: message::Delivery,
        outcome: Option<Outcome>,
    ) -> lapin::Result<()> {
        match outcome {
            Some(Outcome::Done) => ack(&message).await,
            Some(Outcome::Later(problem)) => self.retry(&message, &problem).await,
            Some(Outcome::Never(problem)) => self.give_up(&message, &problem).await,
            None => message.acker.nack(requeue()).await.map(|_| ()),
        }
    }

    async fn retry(&self, message: &message::Delivery, problem: &str) -> lapin::Result<()> {
        let failures = trail::failures(&message.properties).saturating_add(1);
        if failures >= self.attempts {
            return self.give_up(message, problem).await;
        }
        let stage = stage_after(failures);
        let headers = self.headers(message, problem);
        let wait = delay(stage, rand::random()).as_millis().to_string();
        let mut retry = again(message, stage.name, self.queue, headers);
        // AMQP 0-9-1: milliseconds, as text.
        retry.properties = retry.properties.with_expiration(wait.into());
        self.publish(&retry).await;
        self.totals.retried.fetch_add(1, Ordering::Relaxed);
        ack(message).await
    }

    /// Puts a message onto the dead queue.
    pub async fn give_up(&self, message: &message::Delivery, problem: &str) -> lapin::Result<()> {
        let mut headers = self.headers(message, problem);
        headers.insert(trail::LANE.into(), trail::text(self.queue));
        headers.insert(trail::DIED.into(), AMQPValue::Timestamp(now()));
        let dead = again(message, "", DEAD_QUEUE, headers);
        self.publish(&dead).await;
        self.totals.dead.fetch_add(1, Ordering::Relaxed);
        log::warn!(
            event = "message.dead", queue = self.queue,
            event_id = message.properties.message_id().as_ref().map_or("", ShortString::as_str);
            "given up after {} attempts: {problem}", trail::failures(&message.properties).saturating_add(1)
        );
        ack(message).await
    }

    fn headers(&self, message: &message::Delivery, problem: &str) -> FieldTable {
        let properties = &message.properties;
        let routing_key = original_routing_key(properties, message.routing_key.as_str());
        trail::after_failure(properties, &routing_key, problem, now())
    }

    /// Publishes until the broker has the message safely. The original is not acknowledged before, and keeps its place
    /// among those in hand; so a broker that takes nothing is also asked for nothing more. It ends with the connection
    /// that the original came from.
    async fn publish(&self, message: &Outgoing) {
        let mut failures = 0;
        while let Some(Err(error)) = self
            .publisher
            .publish(std::slice::from_ref(message))
            .await
            .pop()
        {
            failures += 1;
            log::warn!(
                event = "message.stuck", queue = self.queue, exchange = message.exchange.as_str();
                "cannot move a message on, trying again: {error}"
            );
            sleep(retry_delay(failures)).await;
        }
    }

    /// Says goodbye to the broker.
    pub async fn close(&self) {
        self.publisher.close().await;
    }
}

async fn ack(message: &message::Delivery) -> lapin::Result<()> {
    // False when the channel is lost; whoever reads messages from it learns that too.
    message
        .acker
        .ack(BasicAckOptions::default())
        .await
        .map(|_| ())
}

/// The same message at another place.
fn again(
    message: &message::Delivery,
    exchange: &'static str,
    routing_key: &'static str,
    headers: FieldTable,
) -> Outgoing {
    Outgoing {
        exchange: exchange.into(),
        routing_key: routing_key.into(),
        properties: message.properties.clone().with_headers(headers),
        body: message.data.clone(),
    }
}
