//! What is declared on the broker, and why so.

use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};
use signup_store::Lane;
use tokio::time::timeout;

use super::connection::BrokerConnection;
use super::error::{BrokerError, Refusal};
use super::retry::{STAGES, Stage};

/// The exchange that every event is published to.
pub const EVENTS_EXCHANGE: &str = "signup.events";

/// The queue of messages that were given up.
pub const DEAD_QUEUE: &str = "signup.notify.dead";

/// How often a message may come back from a worker that took it and ended, before it is given up. Every message that a
/// dying worker holds counts, not only the one that killed it, so the limit leaves room for innocent ones.
pub const DELIVERY_LIMIT: u32 = 20;

/// Longest time for all declarations together; a quorum queue that is new needs some 50 ms.
const DECLARE_TIMEOUT: Duration = Duration::from_secs(20);

/// The queue of a lane.
pub const fn lane_queue(lane: Lane) -> &'static str {
    match lane {
        Lane::Codes => "signup.notify.codes",
        Lane::Others => "signup.notify.users",
    }
}

/// Which events a lane's queue gets.
const fn lane_binding(lane: Lane) -> &'static str {
    match lane {
        Lane::Codes => "otp.requested.*",
        // All that may ever happen to a user, so that a new kind of event needs no new binding.
        Lane::Others => "user.*.*",
    }
}

/// Declares everything; what is there already stays as it is.
///
/// # Errors
/// An object is there with other settings, or the user may not declare it.
pub(super) async fn declare(connection: &BrokerConnection) -> Result<(), BrokerError> {
    let declaring = async {
        let declarer = Declarer {
            connection,
            channel: connection.channel().await?,
        };
        declarer.all().await
    };
    timeout(DECLARE_TIMEOUT, declaring)
        .await
        .unwrap_or_else(|_| Err(connection.silent(DECLARE_TIMEOUT)))
}

struct Declarer<'a> {
    connection: &'a BrokerConnection,
    channel: Channel,
}

impl Declarer<'_> {
    /// In an order in which no message finds its next place missing.
    async fn all(&self) -> Result<(), BrokerError> {
        self.queue(DEAD_QUEUE, dead_arguments()).await?;
        for stage in &STAGES {
            // A fanout exchange of its own keeps the routing key, which names the lane that the message goes back to.
            self.exchange(stage.name, ExchangeKind::Fanout).await?;
            self.queue(stage.name, stage_arguments(stage)).await?;
            self.bind(stage.name, stage.name, "").await?;
        }
        self.exchange(EVENTS_EXCHANGE, ExchangeKind::Topic).await?;
        for lane in [Lane::Codes, Lane::Others] {
            let queue = lane_queue(lane);
            self.queue(queue, lane_arguments()).await?;
            self.bind(queue, EVENTS_EXCHANGE, lane_binding(lane))
                .await?;
        }
        Ok(())
    }

    async fn exchange(&self, name: &str, kind: ExchangeKind) -> Result<(), BrokerError> {
        // Durable: it survives a restart of the broker, as its bindings do.
        let options = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        self.channel
            .exchange_declare(name.into(), kind, options, FieldTable::default())
            .await
            .map_err(|error| self.refused(format!("the exchange {name}"), name, &error))
    }

    async fn queue(&self, name: &str, mut arguments: FieldTable) -> Result<(), BrokerError> {
        // Quorum: replicated on a cluster, safe against the loss of a node, and the only kind that counts deliveries.
        set(&mut arguments, "x-queue-type", text("quorum"));
        // A quorum queue must be durable.
        let options = QueueDeclareOptions::durable();
        self.channel
            .queue_declare(name.into(), options, arguments)
            .await
            .map(|_| ())
            .map_err(|error| self.refused(format!("the queue {name}"), name, &error))
    }

    async fn bind(&self, queue: &str, exchange: &str, key: &str) -> Result<(), BrokerError> {
        let options = QueueBindOptions::default();
        self.channel
            .queue_bind(
                queue.into(),
                exchange.into(),
                key.into(),
                options,
                FieldTable::default(),
            )
            .await
            .map_err(|error| {
                let object = format!("the binding of the queue {queue} to the exchange {exchange}");
                self.refused(object, queue, &error)
            })
    }

    fn refused(&self, object: String, name: &str, error: &lapin::Error) -> BrokerError {
        let refusal = Refusal { object, name };
        self.connection.refused(refusal, error)
    }
}

fn lane_arguments() -> FieldTable {
    let mut arguments = FieldTable::default();
    // For a worker that ends while it holds a message: retries publish the message anew and are counted in a header.
    let limit = i64::from(DELIVERY_LIMIT);
    set(
        &mut arguments,
        "x-delivery-limit",
        AMQPValue::LongLongInt(limit),
    );
    // Then the message goes to the dead queue, through the default exchange, which knows every queue by its name.
    set(&mut arguments, "x-dead-letter-exchange", text(""));
    set(
        &mut arguments,
        "x-dead-letter-routing-key",
        text(DEAD_QUEUE),
    );
    move_safely(&mut arguments);
    arguments
}

fn stage_arguments(stage: &Stage) -> FieldTable {
    let mut arguments = FieldTable::default();
    // Nobody consumes from a stage: its messages leave it when their time is up. Each brings an expiration of its own,
    // a little shorter; the lower of the two counts.
    let ttl = i64::try_from(stage.delay.as_millis()).unwrap_or(i64::MAX);
    set(&mut arguments, "x-message-ttl", AMQPValue::LongLongInt(ttl));
    // Back to the queue that the message's own routing key names, because no other key is set here.
    set(&mut arguments, "x-dead-letter-exchange", text(""));
    move_safely(&mut arguments);
    arguments
}

fn dead_arguments() -> FieldTable {
    let mut arguments = FieldTable::default();
    // Looking at a letter takes it and gives it back, which counts as a delivery. RabbitMQ 4 drops a message after 20
    // of them unless told otherwise, and its word for "never" (-1) is unknown to RabbitMQ 3.10.
    let never = AMQPValue::LongLongInt(1_000_000_000);
    set(&mut arguments, "x-delivery-limit", never);
    arguments
}

/// A message leaves the queue only when its next queue has confirmed it. Without this a move is done once, and a
/// message may be lost on the way when a node ends.
fn move_safely(arguments: &mut FieldTable) {
    set(arguments, "x-dead-letter-strategy", text("at-least-once"));
    // at-least-once is only possible if the queue refuses new messages when it is full, instead of dropping old ones.
    set(arguments, "x-overflow", text("reject-publish"));
}

fn set(arguments: &mut FieldTable, name: &str, value: AMQPValue) {
    arguments.insert(name.into(), value);
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
