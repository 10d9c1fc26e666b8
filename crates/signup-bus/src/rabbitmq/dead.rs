//! The messages that were given up, for an operator.

use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions};
use lapin::{BasicProperties, Channel};
use signup_core::event::EventMessage;
use signup_core::time::Timestamp;
use signup_store::Lane;

use super::connection::{BrokerConnection, BrokerOptions};
use super::error::BrokerError;
use super::message::{Outgoing, original_routing_key};
use super::publisher::Publisher;
use super::topology::{self, DEAD_QUEUE, lane_queue};
use super::trail;

mod letter;

pub use letter::DeadLetter;

/// Letters that are moved together when they are redriven. Acknowledgements are not answered, and beyond 32 that a quorum
/// queue has not worked off RabbitMQ keeps further ones back and forgets them with the channel.
const BATCH: usize = 16;

/// Access to the dead queue. Whoever looks at letters holds them meanwhile, so two who look at the same time see
/// different ones; both give back what they do not remove, also when they end in between.
pub struct DeadLetters {
    connection: BrokerConnection,
    publisher: Publisher,
}

impl DeadLetters {
    /// Connects.
    ///
    /// # Errors
    /// The broker is out of reach, or refuses.
    pub async fn open(options: BrokerOptions) -> Result<Self, BrokerError> {
        let connection = BrokerConnection::open(&options, "dead letters").await?;
        topology::declare(&connection).await?;
        Ok(Self {
            connection,
            publisher: Publisher::new(options, "redriven letters"),
        })
    }

    /// How many letters there are, without those that somebody else is looking at.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn count(&self) -> Result<u32, BrokerError> {
        let mut round = Round::begin(self).await?;
        let count = match round.next().await? {
            Some(_) => 1 + round.left.unwrap_or(0),
            None => 0,
        };
        round.give_back().await?;
        Ok(count)
    }

    /// The oldest letters, at most `limit`. They stay.
    ///
    /// # Errors
    /// The connection is lost; the letters stay then too.
    pub async fn list(&self, limit: usize) -> Result<Vec<DeadLetter>, BrokerError> {
        let mut round = Round::begin(self).await?;
        let mut letters = Vec::new();
        while letters.len() < limit
            && let Some(message) = round.next().await?
        {
            letters.push(DeadLetter::read(&message));
        }
        round.give_back().await?;
        Ok(letters)
    }

    /// The letter of an event. It stays.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn find(&self, id: &str) -> Result<Option<DeadLetter>, BrokerError> {
        let mut round = Round::begin(self).await?;
        let mut found = None;
        while found.is_none()
            && let Some(message) = round.next().await?
        {
            found = Some(DeadLetter::read(&message)).filter(|letter| letter.event.id == id);
        }
        round.give_back().await?;
        Ok(found)
    }

    /// Puts the letters that `wanted` picks back onto the queue they were given up from: the same id and body, attempts
    /// counted anew. A letter leaves the dead queue when its lane has it safely. Looks at each letter that is there at
    /// the beginning once, and tells how many it moved.
    ///
    /// # Errors
    /// The connection is lost, or a letter could not be published. A few letters may then be at both places; consumers
    /// recognise repeats by the id.
    pub async fn redrive(
        &self,
        mut wanted: impl FnMut(&DeadLetter) -> bool,
    ) -> Result<usize, BrokerError> {
        let mut round = Round::begin(self).await?;
        let mut moved = 0;
        let mut batch = Vec::new();
        while let Some(message) = round.next().await? {
            let letter = DeadLetter::read(&message);
            if wanted(&letter) {
                batch.push((anew(&message, letter.lane), message));
            }
            if batch.len() == BATCH {
                moved += self.move_back(&mut batch).await?;
            }
        }
        moved += self.move_back(&mut batch).await?;
        round.give_back().await?;
        Ok(moved)
    }

    /// Removes the letters that `wanted` picks for good. Looks at each letter that is there at the beginning once, and
    /// tells how many it removed.
    ///
    /// # Errors
    /// The connection is lost; letters that were not removed yet stay.
    pub async fn discard(
        &self,
        mut wanted: impl FnMut(&DeadLetter) -> bool,
    ) -> Result<usize, BrokerError> {
        let mut round = Round::begin(self).await?;
        let mut removed = 0;
        while let Some(message) = round.next().await? {
            if wanted(&DeadLetter::read(&message)) {
                self.ack(&message).await?;
                removed += 1;
            }
        }
        round.give_back().await?;
        Ok(removed)
    }

    /// Says goodbye to the broker.
    pub async fn close(&self) {
        self.publisher.close().await;
        self.connection.close().await;
    }

    async fn move_back(
        &self,
        batch: &mut Vec<(Outgoing, BasicGetMessage)>,
    ) -> Result<usize, BrokerError> {
        let (copies, messages): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        let results = self.publisher.publish(&copies).await;
        let mut moved = 0;
        let mut failed = None;
        for (message, result) in messages.iter().zip(results) {
            match result {
                Ok(()) => {
                    self.ack(message).await?;
                    moved += 1;
                }
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(moved),
        }
    }

    async fn ack(&self, message: &BasicGetMessage) -> Result<(), BrokerError> {
        let ack = message.acker.ack(BasicAckOptions::default());
        self.connection.answer(ack).await.map(|_| ())
    }
}

/// One look at each letter that is there at the beginning. What is not acknowledged goes back in the end.
struct Round<'a> {
    letters: &'a DeadLetters,
    channel: Channel,
    /// How many there are to look at yet; the first letter brings the answer along. A passive declaration would not do:
    /// it does not see letters that were given back a moment ago.
    left: Option<u32>,
    taken: bool,
}

impl<'a> Round<'a> {
    async fn begin(letters: &'a DeadLetters) -> Result<Self, BrokerError> {
        Ok(Self {
            letters,
            channel: letters.connection.channel().await?,
            left: None,
            taken: false,
        })
    }

    async fn next(&mut self) -> Result<Option<BasicGetMessage>, BrokerError> {
        if self.left == Some(0) {
            return Ok(None);
        }
        let get = self
            .channel
            .basic_get(DEAD_QUEUE.into(), BasicGetOptions::default());
        let message = self.letters.connection.answer(get).await?;
        self.left = Some(match (&message, self.left) {
            (None, _) => 0,
            (Some(first), None) => first.message_count,
            (Some(_), Some(left)) => left - 1,
        });
        self.taken |= message.is_some();
        Ok(message)
    }

    async fn give_back(self) -> Result<(), BrokerError> {
        let connection = &self.letters.connection;
        if self.taken {
            let all = BasicNackOptions {
                multiple: true,
                requeue: true,
            };
            // Tag 0 with `multiple` means all that is not acknowledged yet (AMQP 0-9-1).
            connection.answer(self.channel.basic_nack(0, all)).await?;
        }
        connection
            .answer(self.channel.close(200, "OK".into()))
            .await
    }
}

/// The letter as a message that never failed.
fn anew(message: &BasicGetMessage, lane: Lane) -> Outgoing {
    let properties: &BasicProperties = &message.properties;
    let routing_key = original_routing_key(properties, &letter::first_routing_key(message));
    let headers = trail::without_trail(properties, &routing_key);
    Outgoing {
        exchange: "".into(),
        routing_key: lane_queue(lane).into(),
        properties: properties.clone().with_headers(headers),
        body: message.data.clone(),
    }
}
