//! `signupctl events replay`

use anyhow::Context as _;
use serde_json::json;
use signup_bus::rabbitmq::RabbitBus;
use signup_core::event::EventMessage;
use signup_store::{Store, StoredEvent};

use super::Reader;
use crate::cli::EventsReplayArgs;
use crate::failure::Misuse;
use crate::moment::end_of_window;
use crate::output::{Output, Progress};
use crate::workplace::{Workplace, now};

/// Sends the chosen events out again that were published before.
pub async fn run(
    place: &Workplace,
    arguments: &EventsReplayArgs,
    output: Output,
) -> anyhow::Result<()> {
    place.must_be_migrated().await?;
    let until = end_of_window(arguments.since, arguments.until)?;
    let mut reader = Reader::new(&place.store, &arguments.choice, arguments.since, until);
    let recipient = Recipient::of(place, arguments)?;
    let progress = Progress::new();
    let (mut replayed, mut waiting) = (0, 0);
    while let Some(page) = reader.next_page().await? {
        let (published, unpublished): (Vec<_>, Vec<_>) = page
            .into_iter()
            // What is about somebody who was erased is never sent out again.
            .filter(|stored| stored.erased_at.is_none())
            .partition(|stored| stored.published_at.is_some());
        waiting += unpublished.len();
        replayed += match arguments.dry_run {
            true => published.len(),
            false => recipient.send(published).await?,
        };
        progress.show(&format!("{replayed} events"));
    }
    drop(progress);
    recipient.close().await;
    let value = json!({
        "replayed": replayed,
        "waiting_anyway": waiting,
        "dry_run": arguments.dry_run,
    });
    output.show(&value, || {
        let done = match (&arguments.queue, arguments.dry_run) {
            (_, true) => "would be sent out again".to_owned(),
            (None, false) => {
                "wait in the outbox again and go to everybody who is bound to them".to_owned()
            }
            (Some(queue), false) => format!("are in the queue {queue} again"),
        };
        let mut text = format!("{replayed} events {done}");
        if waiting > 0 {
            text.push_str(&format!("; {waiting} more wait there anyway"));
        }
        text
    })
}

/// Who gets the events again.
enum Recipient<'a> {
    /// Everybody who is bound to them, by way of the outbox.
    Everybody(&'a Store),
    /// One queue of the broker.
    Queue(Box<RabbitBus>, &'a str),
}

impl<'a> Recipient<'a> {
    fn of(place: &'a Workplace, arguments: &'a EventsReplayArgs) -> anyhow::Result<Self> {
        let Some(queue) = &arguments.queue else {
            return Ok(Self::Everybody(&place.store));
        };
        let broker = place.settings.bus.broker("signupctl").ok_or_else(|| {
            Misuse("--queue needs a broker, and bus.url is \"in-process\"".to_owned())
        })?;
        Ok(Self::Queue(Box::new(RabbitBus::new(broker)), queue))
    }

    async fn send(&self, events: Vec<StoredEvent>) -> anyhow::Result<usize> {
        let events: Vec<EventMessage> = events.into_iter().map(|stored| stored.event).collect();
        match self {
            Self::Everybody(store) => {
                let ids = events.into_iter().map(|event| event.id).collect();
                Ok(store.replay_events(ids, now()).await?)
            }
            Self::Queue(bus, queue) => {
                let results = bus.publish_to_queue(queue, &events).await;
                for result in results {
                    result.with_context(|| format!("the queue {queue} did not take an event"))?;
                }
                Ok(events.len())
            }
        }
    }

    async fn close(&self) {
        if let Self::Queue(bus, _) = self {
            bus.close().await;
        }
    }
}
