//! A consumer that knows nothing of the product but its published contract: the exchange, the routing keys, the envelope.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, ExchangeDeclareOptions,
    QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use tokio::time::{sleep, timeout};

const EXCHANGE: &str = "signup.events";
const QUEUE: &str = "torture.users";
const BINDING: &str = "user.created.*";

/// The queue that is declared last. RabbitMQ 3.10 writes the name of a new quorum queue down half a second later, or when
/// it declares the next one. Killed or stopped before, it comes back with a queue that takes nothing, until somebody
/// deletes it; so that is to be a queue that nobody needs.
const LAST: &str = "torture.last";

/// Between two connections.
const PAUSE: Duration = Duration::from_millis(200);

/// Longest time for a connection with all that is declared on it: a broker that has just started may accept it and
/// answer later, or never.
const OPEN_LIMIT: Duration = Duration::from_secs(10);

/// An event that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The AMQP `message_id`.
    pub id: String,
    /// The envelope.
    pub body: String,
}

/// The consumer and all that it has seen, repeats included, in the order of arrival.
pub struct Consumer {
    url: String,
    seen: Mutex<Vec<Arrival>>,
}

impl Consumer {
    /// Binds the queue, so that from now on nothing passes by, and has the broker keep all queues that are declared.
    ///
    /// # Errors
    /// The broker does not answer.
    pub async fn bind(url: &str) -> anyhow::Result<Arc<Self>> {
        let (connection, channel) = open(url).await?;
        declare(&channel, LAST).await?;
        connection.close(200, "bound".into()).await?;
        Ok(Arc::new(Self {
            url: url.to_owned(),
            seen: Mutex::default(),
        }))
    }

    /// Consumes, and connects again after any loss.
    pub async fn consume(&self) {
        loop {
            // What was lost and why is the broker's story; here only what arrives counts.
            let _ = self.consume_once().await;
            sleep(PAUSE).await;
        }
    }

    async fn consume_once(&self) -> anyhow::Result<()> {
        let (_connection, channel) = timeout(OPEN_LIMIT, open(&self.url)).await??;
        channel.basic_qos(100, BasicQosOptions::default()).await?;
        let mut messages = channel
            .basic_consume(
                QUEUE.into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await?;
        while let Some(message) = messages.next().await {
            let message = message?;
            let id = message
                .properties
                .message_id()
                .as_ref()
                .context("a message without an id")?;
            let arrival = Arrival {
                id: id.to_string(),
                body: String::from_utf8(message.data.clone())?,
            };
            // First kept, then acknowledged.
            self.seen
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(arrival);
            message.acker.ack(BasicAckOptions::default()).await?;
        }
        Ok(())
    }

    /// Everything that arrived.
    pub fn seen(&self) -> Vec<Arrival> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn open(url: &str) -> lapin::Result<(Connection, Channel)> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let durable = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    channel
        .exchange_declare(
            EXCHANGE.into(),
            ExchangeKind::Topic,
            durable,
            FieldTable::default(),
        )
        .await?;
    declare(&channel, QUEUE).await?;
    channel
        .queue_bind(
            QUEUE.into(),
            EXCHANGE.into(),
            BINDING.into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await?;
    Ok((connection, channel))
}

async fn declare(channel: &Channel, queue: &str) -> lapin::Result<()> {
    let mut arguments = FieldTable::default();
    arguments.insert(
        "x-queue-type".into(),
        AMQPValue::LongString("quorum".into()),
    );
    let durable = QueueDeclareOptions::durable();
    channel
        .queue_declare(queue.into(), durable, arguments)
        .await?;
    Ok(())
}
