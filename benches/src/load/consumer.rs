//! A consumer of events in the load process: so one clock sees both a reply and the event of the same user.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use futures_util::StreamExt as _;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{FieldTable, LongLongUInt};
use lapin::{Channel, Connection, ConnectionProperties, Consumer as Messages};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::histogram::{Latencies, Recorder};

/// Messages that the broker hands over before the first of them is acknowledged.
const PREFETCH: u16 = 1000;

/// So many are acknowledged at a time.
const ACKNOWLEDGED: usize = 100;

/// Longest time from the last reply to the last event.
const LAST_EVENTS: Duration = Duration::from_secs(60);

/// Between two looks whether all are there.
const PAUSE: Duration = Duration::from_millis(5);

/// The queue that the events of new users go to. It must be empty.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Watch {
    /// The broker: `amqp://user:password@host:port/vhost`.
    pub url: String,
    /// The queue's name.
    pub queue: String,
}

/// What a consumer saw of the users whose replies counted.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Arrivals {
    /// From a user's reply to the user's event.
    pub latencies: Latencies,
    /// Events that were there before the reply. They count as no time.
    pub early: u64,
}

/// When replies came, with their users' public ids, numbers of 128 bits.
pub type Moments = Vec<(u128, Instant)>;

/// When events came first, by their users.
type Arrived = HashMap<u128, Instant>;

/// A consumer at work.
pub struct Consumer {
    thread: JoinHandle<anyhow::Result<Arrived>>,
    seen: Arc<AtomicU64>,
    stop: oneshot::Sender<()>,
}

impl Consumer {
    /// Connects and consumes from now on.
    ///
    /// # Errors
    /// The broker does not answer, or there is no such queue.
    pub fn start(watch: &Watch) -> anyhow::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (say, said) = std::sync::mpsc::channel();
        let seen = Arc::new(AtomicU64::new(0));
        let (watch, counter) = (watch.clone(), Arc::clone(&seen));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let (connection, channel, messages) = open(&watch).await?;
                let _ = say.send(());
                let arrived = consume(&channel, messages, &counter, stopped).await?;
                connection.close(200, "done".into()).await?;
                Ok::<_, anyhow::Error>(arrived)
            })
        });
        if said.recv().is_err() {
            let Ok(Err(error)) = thread.join() else {
                bail!("the consumer panicked");
            };
            return Err(error.context("no consumer"));
        }
        Ok(Self { thread, seen, stop })
    }

    /// Waits until so many events have come, and compares them with the replies.
    ///
    /// # Errors
    /// Events are missing after a minute.
    pub fn finish(self, expected: u64, replies: &Moments) -> anyhow::Result<Arrivals> {
        let end = Instant::now() + LAST_EVENTS;
        while self.seen.load(Ordering::Relaxed) < expected && Instant::now() < end {
            sleep(PAUSE);
        }
        // It has gone already when the connection broke; then the thread says so.
        let _ = self.stop.send(());
        let Ok(events) = self.thread.join() else {
            bail!("the consumer panicked");
        };
        compare(replies, &events?)
    }
}

async fn open(watch: &Watch) -> anyhow::Result<(Connection, Channel, Messages)> {
    let connection = Connection::connect(&watch.url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel
        .basic_qos(PREFETCH, BasicQosOptions::default())
        .await?;
    let messages = channel
        .basic_consume(
            watch.queue.as_str().into(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await?;
    Ok((connection, channel, messages))
}

async fn consume(
    channel: &Channel,
    mut messages: Messages,
    seen: &AtomicU64,
    mut stopped: oneshot::Receiver<()>,
) -> anyhow::Result<Arrived> {
    let mut arrived = Arrived::new();
    let (mut last, mut unacknowledged) = (None, 0);
    loop {
        let message = tokio::select! {
            biased;
            message = messages.next() => message.context("the broker ended the consumer")??,
            _ = &mut stopped => break,
        };
        let now = Instant::now();
        // A repeat is no second event.
        arrived.entry(subject(&message.data)?).or_insert(now);
        seen.store(arrived.len() as u64, Ordering::Relaxed);
        last = Some(message.delivery_tag);
        unacknowledged += 1;
        if unacknowledged == ACKNOWLEDGED {
            acknowledge(channel, last.take()).await?;
            unacknowledged = 0;
        }
    }
    // What is left would go back to the queue, and to the next consumer.
    acknowledge(channel, last).await?;
    Ok(arrived)
}

/// Acknowledges everything up to a message.
async fn acknowledge(channel: &Channel, up_to: Option<LongLongUInt>) -> lapin::Result<()> {
    let all = BasicAckOptions { multiple: true };
    match up_to {
        Some(tag) => channel.basic_ack(tag, all).await,
        None => Ok(()),
    }
}

/// The subject of an envelope: of a new user's event the user's public id.
fn subject(envelope: &[u8]) -> anyhow::Result<u128> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        subject: &'a str,
    }
    let Envelope { subject } = serde_json::from_slice(envelope)?;
    public_id(subject.as_bytes()).context("an event whose subject is no public id")
}

/// A public id of 32 hex digits.
pub fn public_id(digits: &[u8]) -> Option<u128> {
    let text = std::str::from_utf8(digits).ok()?;
    let id = u128::from_str_radix(text, 16).ok();
    id.filter(|_| text.len() == 32)
}

fn compare(replies: &Moments, arrived: &Arrived) -> anyhow::Result<Arrivals> {
    let mut recorder = Recorder::new()?;
    let (mut early, mut missing) = (0, 0_u64);
    for (id, replied) in replies {
        match arrived.get(id) {
            Some(at) => {
                early += u64::from(at < replied);
                recorder.record(at.saturating_duration_since(*replied));
            }
            None => missing += 1,
        }
    }
    if missing > 0 {
        bail!(
            "the events of {missing} of {} users had not arrived {LAST_EVENTS:?} after the last reply",
            replies.len()
        );
    }
    Ok(Arrivals {
        latencies: recorder.latencies(),
        early,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_user_of_an_event_is_found_in_a_published_sample() {
        let sample = include_bytes!("../../../schemas/fixtures/user.created.ciam.proven.json");
        let id = subject(sample).unwrap();
        assert_eq!(format!("{id:032x}"), "3f9d2c7a81b64e0f9a5d6c1b2e4f7081");
        assert_eq!(public_id(b"3f9d"), None);
    }

    #[test]
    fn an_event_before_its_reply_took_no_time_and_is_told() {
        let now = Instant::now();
        let after = |millis| now + Duration::from_millis(millis);
        let replies = vec![(1, after(10)), (2, after(10))];
        let arrived = [(2, after(30)), (1, after(8)), (9, now)].into();
        let found = compare(&replies, &arrived).unwrap();
        assert_eq!((found.early, found.latencies.count), (1, 2));
        assert!((found.latencies.max_ms - 20.0).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn an_event_that_is_missing_is_a_fault() {
        let now = Instant::now();
        let error = compare(&vec![(1, now), (2, now)], &[(1, now)].into()).unwrap_err();
        assert!(error.to_string().contains("1 of 2"), "{error}");
    }
}
