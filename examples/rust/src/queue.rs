//! This consumer's own queue on the broker.

use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions,
    ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{Channel, Connection, ConnectionProperties, Consumer, ExchangeKind};

use crate::Arguments;
use crate::event::NewUser;
use crate::store::Store;

const EXCHANGE: &str = "signup.events";

/// A connection that messages come in through.
pub struct Queue {
    connection: Connection,
    consumer: Consumer,
    dead: String,
}

impl Queue {
    /// Connects, and makes and binds the queue unless it is there already.
    pub async fn open(arguments: &Arguments) -> lapin::Result<Self> {
        let properties =
            ConnectionProperties::default().with_connection_name(arguments.queue.as_str().into());
        let connection = Connection::connect(&arguments.amqp_url, properties).await?;
        let channel = connection.create_channel().await?;
        let dead = format!("{}.dead", arguments.queue);
        declare(&channel, arguments, &dead).await?;
        // So many messages may be under way; the others wait in the queue for this or another consumer.
        channel
            .basic_qos(arguments.prefetch, BasicQosOptions::default())
            .await?;
        let consumer = channel
            .basic_consume(
                arguments.queue.as_str().into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await?;
        Ok(Self {
            connection,
            consumer,
            dead,
        })
    }

    /// Waits for the next message. Nothing is lost if it is not waited for to the end.
    pub async fn next(&mut self) -> anyhow::Result<Delivery> {
        match self.consumer.next().await {
            Some(delivery) => Ok(delivery?),
            None => anyhow::bail!("the broker closed the channel"),
        }
    }

    /// Takes a message: its effect first, the acknowledgement last, so that whatever happens in between, the message
    /// comes again. True if a new user was taken.
    pub async fn take(&self, delivery: Delivery, store: &mut Store) -> anyhow::Result<bool> {
        let user = match NewUser::read(&delivery) {
            Ok(user) => user,
            Err(fault) => {
                eprintln!("a message goes to {}: {fault}", self.dead);
                // Not back into the queue, so it goes where dead letters go.
                delivery
                    .reject(BasicRejectOptions { requeue: false })
                    .await?;
                return Ok(false);
            }
        };
        let mut is_new = false;
        if let Some(user) = user {
            // A commit blocks for a moment. lapin answers heartbeats on a thread of its own.
            is_new = store.take(&user)?;
            if is_new {
                println!("{} {} {}", user.event_id, user.provider, user.user_id);
            }
        }
        delivery.ack(BasicAckOptions::default()).await?;
        Ok(is_new)
    }

    /// Goes in good order. What was not acknowledged is delivered again, to this or another consumer.
    pub async fn close(self) -> lapin::Result<()> {
        self.connection.close(200, "bye".into()).await
    }
}

/// The exchange as it is published, the queue, and beside it a queue for what cannot be read.
async fn declare(channel: &Channel, arguments: &Arguments, dead: &str) -> lapin::Result<()> {
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

    let text = |text: &str| AMQPValue::LongString(LongString::from(text));
    let mut quorum = FieldTable::default();
    quorum.insert("x-queue-type".into(), text("quorum"));
    channel
        .queue_declare(dead.into(), QueueDeclareOptions::durable(), quorum.clone())
        .await?;

    // A message that ends the consumer whenever it comes is put aside after so many tries.
    quorum.insert("x-delivery-limit".into(), AMQPValue::LongInt(20));
    quorum.insert("x-dead-letter-exchange".into(), text(""));
    quorum.insert("x-dead-letter-routing-key".into(), text(dead));
    // A dead letter leaves this queue only when the other one has it.
    quorum.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    quorum.insert("x-overflow".into(), text("reject-publish"));
    let queue = arguments.queue.as_str();
    channel
        .queue_declare(queue.into(), QueueDeclareOptions::durable(), quorum)
        .await?;
    let binding = arguments.binding.as_str().into();
    channel
        .queue_bind(
            queue.into(),
            EXCHANGE.into(),
            binding,
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
}
