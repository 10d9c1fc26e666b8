//! Consuming a lane's queue, across any loss of the broker.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, message};
use signup_store::Lane;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use super::connection::{BrokerConnection, BrokerOptions};
use super::error::BrokerError;
use super::settle::Settler;
use super::topology::{self, lane_queue};
use crate::{Delivery, Subscription, retry_delay};

/// Longest pause between two attempts to connect: after a long outage consumers are back soon after the broker.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long a consumer that was told to stop waits for what is in hand.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// How a lane is consumed.
#[derive(Clone, Copy, Debug)]
pub struct ConsumerSettings {
    /// Whose queue.
    pub lane: Lane,
    /// Most messages in hand at a time, 1 or more.
    pub prefetch: u16,
    /// Attempts after which a message is given up, 1 or more.
    pub attempts: u32,
}

/// What consumers have done since they started, for metrics.
#[derive(Debug, Default)]
pub struct ConsumerTotals {
    /// Messages that will come again later.
    pub retried: AtomicU64,
    /// Messages that were given up.
    pub dead: AtomicU64,
    /// How often the broker was lost.
    pub losses: AtomicU64,
}

/// Starts to consume. The subscription gets the events, and ends after `stop` resolved; the task ends when what was in
/// hand then is settled, or after 20 seconds.
///
/// A message is acknowledged when its delivery was settled and, if it is to come again or was given up, the broker has
/// it safely at its next place. Everything else comes again: to another worker, or after the next connect. Consumers
/// recognise repeats by the event's id.
pub fn consume(
    options: BrokerOptions,
    settings: ConsumerSettings,
    totals: Arc<ConsumerTotals>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> (Subscription, JoinHandle<()>) {
    let prefetch = settings.prefetch.max(1);
    let (deliveries, receiver) = mpsc::channel(prefetch.into());
    let withdrawn = Arc::new(AtomicBool::new(false));
    let subscription = Subscription::withdrawable(receiver, Arc::clone(&withdrawn));
    let consumer = Consumer {
        settler: Arc::new(Settler::new(&options, settings, Arc::clone(&totals))),
        options,
        lane: settings.lane,
        prefetch,
        totals,
        withdrawn,
    };
    (subscription, tokio::spawn(consumer.run(deliveries, stop)))
}

struct Consumer {
    options: BrokerOptions,
    lane: Lane,
    prefetch: u16,
    totals: Arc<ConsumerTotals>,
    settler: Arc<Settler>,
    withdrawn: Arc<AtomicBool>,
}

impl Consumer {
    async fn run(self, deliveries: mpsc::Sender<Delivery>, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut failures = 0;
        loop {
            let opened = tokio::select! {
                biased;
                () = &mut stop => break,
                opened = Session::open(&self) => opened,
            };
            let lost = match opened {
                Ok(mut session) => {
                    if failures > 0 {
                        log::info!(event = "consumer.back", queue = lane_queue(self.lane); "consuming again");
                        failures = 0;
                    }
                    match session.deliver(&deliveries, stop.as_mut()).await {
                        Ok(()) => {
                            self.withdrawn.store(true, Ordering::Release);
                            drop(deliveries);
                            session.drain().await;
                            break;
                        }
                        Err(lost) => lost,
                    }
                }
                Err(error) => error,
            };
            if failures == 0 {
                self.totals.losses.fetch_add(1, Ordering::Relaxed);
            }
            failures += 1;
            log::warn!(event = "consumer.lost", queue = lane_queue(self.lane); "not consuming: {lost}");
            let pause = retry_delay(failures).min(LONGEST_PAUSE);
            // Many workers lose the broker at once and must not all come back at once.
            let pause = pause.mul_f64(0.5 + 0.5 * rand::random::<f64>());
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = sleep(pause) => {}
            }
        }
        self.settler.close().await;
    }
}

type InHand = FuturesUnordered<Pin<Box<dyn Future<Output = lapin::Result<()>> + Send>>>;

/// What is lost together with the connection.
struct Session {
    connection: BrokerConnection,
    channel: Channel,
    messages: lapin::Consumer,
    /// Deliveries that are not settled yet. The next connection settles none of them.
    in_hand: InHand,
    settler: Arc<Settler>,
}

impl Session {
    async fn open(consumer: &Consumer) -> Result<Self, BrokerError> {
        let queue = lane_queue(consumer.lane);
        let connection = BrokerConnection::open(&consumer.options, queue).await?;
        topology::declare(&connection).await?;
        let channel = connection.channel().await?;
        let qos = channel.basic_qos(consumer.prefetch, BasicQosOptions::default());
        connection.answer(qos).await?;
        let consume = channel.basic_consume(
            queue.into(),
            // The broker makes up a tag.
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let messages = connection.answer(consume).await?;
        Ok(Self {
            connection,
            channel,
            messages,
            in_hand: FuturesUnordered::new(),
            settler: Arc::clone(&consumer.settler),
        })
    }

    /// Delivers until `stop` resolves or the subscription is dropped; fails when the broker is lost.
    async fn deliver(
        &mut self,
        deliveries: &mpsc::Sender<Delivery>,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<(), BrokerError> {
        loop {
            tokio::select! {
                biased;
                () = &mut stop => return Ok(()),
                () = deliveries.closed() => return Ok(()),
                Some(settled) = self.in_hand.next() => {
                    settled.map_err(|error| self.connection.lost(&error))?;
                }
                message = self.messages.next() => match message {
                    Some(Ok(message)) => self.take(message, deliveries),
                    Some(Err(error)) => return Err(self.connection.lost(&error)),
                    // The broker ends a consumer when its queue is deleted; connecting again declares it again.
                    None => return Err(self.connection.queue_gone()),
                },
            }
        }
    }

    fn take(&mut self, message: message::Delivery, deliveries: &mpsc::Sender<Delivery>) {
        let settler = Arc::clone(&self.settler);
        match settler.read(&message) {
            Ok((delivery, outcome)) => {
                // The queue has room for all that the broker sends, unless deliveries of a lost connection wait in it.
                let late = match deliveries.try_send(delivery) {
                    Err(mpsc::error::TrySendError::Full(delivery)) => {
                        Some((deliveries.clone(), delivery))
                    }
                    Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => None,
                };
                self.in_hand.push(Box::pin(async move {
                    if let Some((deliveries, delivery)) = late {
                        // It fails when the subscription was dropped, and the delivery with it.
                        let _ = deliveries.send(delivery).await;
                    }
                    settler.settle(message, outcome.await.ok()).await
                }));
            }
            Err(problem) => self.in_hand.push(Box::pin(async move {
                settler.give_up(&message, &problem).await
            })),
        }
    }

    /// Ends in good order: no new messages, those not begun go back, those in hand are waited for.
    async fn drain(mut self) {
        let deadline = Instant::now() + DRAIN_TIMEOUT;
        let tag = self.messages.tag();
        let cancel = self
            .channel
            .basic_cancel(tag, BasicCancelOptions::default());
        let mut open = self.connection.answer(cancel).await.is_ok();
        while let Some(Some(Ok(message))) = self.messages.next().now_or_never() {
            self.in_hand.push(Box::pin(give_back(message)));
        }
        while open && !self.in_hand.is_empty() {
            match timeout_at(deadline, self.in_hand.next()).await {
                Ok(Some(Err(_))) => open = false,
                Ok(_) => {}
                Err(_) => break,
            }
        }
        if !self.in_hand.is_empty() {
            log::warn!(
                event = "consumer.unsettled", messages = self.in_hand.len();
                "messages that were not settled in time will be delivered again"
            );
        }
        self.connection.close().await;
    }
}

async fn give_back(message: message::Delivery) -> lapin::Result<()> {
    message.acker.nack(requeue()).await.map(|_| ())
}

/// Back into the queue, where the delivery limit counts it.
pub(super) fn requeue() -> BasicNackOptions {
    BasicNackOptions {
        requeue: true,
        multiple: false,
    }
}
