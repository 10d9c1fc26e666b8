//! One batch: where its events come from, and what becomes of them.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use signup_core::event::EventMessage;
use signup_core::time::Clock;
use signup_store::{Store, StoreError, Unpublished};

use super::{RelaySettings, RelayTotals};
use crate::hand_over::HandedOver;
use crate::{Bus, PublishError, retry_delay};

/// An event that the relay holds.
pub(super) struct Held {
    event: EventMessage,
    /// Which attempt to publish it this is, counted from 1.
    attempts: i32,
}

/// What a look into the outbox found.
pub(super) enum Found {
    /// Events, claimed.
    Events(Vec<Held>),
    /// Nothing that may be claimed now; it took so long to see that.
    Nothing { took: Duration },
    /// No bus, for this reason; so nothing was claimed.
    NoBus(String),
}

/// Takes batches to the bus and records what became of them.
pub(super) struct Courier {
    pub name: String,
    pub store: Store,
    pub bus: Arc<dyn Bus>,
    pub clock: Arc<dyn Clock>,
    pub settings: RelaySettings,
    pub totals: Arc<RelayTotals>,
    /// Ids of the events of all batches under way.
    pub in_hand: Mutex<HashSet<String>>,
}

impl Courier {
    /// Claims a batch, if there is a bus for it.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn claim(&self) -> Result<Found, StoreError> {
        if let Err(error) = self.bus.ready().await {
            self.totals.unavailable.fetch_add(1, Ordering::Relaxed);
            return Ok(Found::NoBus(error.to_string()));
        }
        let RelaySettings {
            lane, batch, lease, ..
        } = self.settings;
        let begun = Instant::now();
        let now = self.clock.now();
        let claimed = self
            .store
            .claim_events(&self.name, lane, batch, now, lease)
            .await?;
        let in_hand = self.lock_in_hand();
        // What this relay is still waiting for has only got a new lease: it is not sent a second time meanwhile.
        let held: Vec<_> = claimed
            .into_iter()
            .filter(|claimed| !in_hand.contains(&claimed.event.id))
            .map(|claimed| Held {
                event: claimed.event,
                attempts: claimed.attempts,
            })
            .collect();
        Ok(if held.is_empty() {
            let took = begun.elapsed();
            Found::Nothing { took }
        } else {
            Found::Events(held)
        })
    }

    /// Publishes events that were handed over. Tells why the bus did not take them, if it was out of reach; they are free
    /// then.
    ///
    /// # Errors
    /// As of [`publish`](Self::publish).
    pub async fn publish_handed(
        &self,
        events: Vec<HandedOver>,
    ) -> Result<Option<String>, StoreError> {
        if let Err(error) = self.bus.ready().await {
            self.totals.unavailable.fetch_add(1, Ordering::Relaxed);
            let problem = error.to_string();
            self.give_back(events, &problem).await;
            return Ok(Some(problem));
        }
        let now = self.clock.now();
        let held = events
            .into_iter()
            // The others are nearly free for everybody: the claims have them.
            .filter(|handed| handed.in_time(now))
            .map(|handed| Held {
                event: handed.event,
                attempts: 1,
            })
            .collect();
        self.publish(held).await
    }

    /// Frees events that were handed over and cannot be published, for whoever reaches the bus first.
    pub async fn give_back(&self, events: Vec<HandedOver>, problem: &str) {
        let ids = events.into_iter().map(|handed| handed.event.id).collect();
        let now = self.clock.now();
        let released = self
            .store
            .release_events(&self.name, ids, now, problem.to_owned());
        if let Err(error) = released.await {
            log::warn!(event = "relay.fault"; "events come free only when their holds end: {error}");
        }
    }

    /// Publishes a batch and records the results. Tells why the bus did not take all of it, if it was out of reach.
    ///
    /// # Errors
    /// The database is unavailable. Events that were published but not marked are published again later.
    pub async fn publish(&self, batch: Vec<Held>) -> Result<Option<String>, StoreError> {
        if batch.is_empty() {
            return Ok(None);
        }
        let (events, attempts): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|held| (held.event, held.attempts))
            .unzip();
        let _in_hand = InHand::begin(self, &events);
        let results = self.bus.publish(&events).await;
        let mut sorted = Results::default();
        for ((event, attempts), result) in events.into_iter().zip(attempts).zip(results) {
            self.sort(&mut sorted, event, attempts, result);
        }
        self.mark(sorted).await
    }

    fn sort(
        &self,
        sorted: &mut Results,
        event: EventMessage,
        attempts: i32,
        result: Result<(), PublishError>,
    ) {
        let error = match result {
            Ok(()) => {
                sorted.published.push(event.id);
                return;
            }
            Err(PublishError::Unavailable(problem)) => {
                sorted.untried.push(event.id);
                sorted.problem = Some(problem);
                return;
            }
            Err(error @ PublishError::Unroutable(_)) => {
                self.totals.unroutable.fetch_add(1, Ordering::Relaxed);
                error
            }
            Err(error @ PublishError::Refused(_)) => {
                self.totals.refused.fetch_add(1, Ordering::Relaxed);
                error
            }
        };
        log::warn!(
            event = "relay.unpublished", event_id = event.id.as_str(), attempts = attempts;
            "an event was not published and stays in the outbox: {error}"
        );
        let delay = retry_delay(u32::try_from(attempts).unwrap_or(u32::MAX));
        sorted.unpublished.push(Unpublished {
            id: event.id,
            retry_at: self.clock.now().after(delay),
            problem: error.to_string(),
        });
    }

    async fn mark(&self, results: Results) -> Result<Option<String>, StoreError> {
        let Results {
            published,
            unpublished,
            untried,
            problem,
        } = results;
        let now = self.clock.now();
        let count = published.len() as u64;
        self.store
            .mark_published(&self.name, published, now)
            .await?;
        self.totals.published.fetch_add(count, Ordering::Relaxed);
        self.store.mark_unpublished(&self.name, unpublished).await?;
        if let Some(problem) = &problem {
            self.totals.unavailable.fetch_add(1, Ordering::Relaxed);
            self.store
                .release_events(&self.name, untried, now, problem.clone())
                .await?;
        }
        Ok(problem)
    }

    fn lock_in_hand(&self) -> MutexGuard<'_, HashSet<String>> {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the bus made of a batch, by the events' ids.
#[derive(Default)]
struct Results {
    published: Vec<String>,
    unpublished: Vec<Unpublished>,
    untried: Vec<String>,
    /// Why the untried ones were not tried.
    problem: Option<String>,
}

/// Keeps the ids of a batch among those in hand, until it is dropped.
struct InHand<'a> {
    courier: &'a Courier,
    ids: Vec<String>,
}

impl<'a> InHand<'a> {
    fn begin(courier: &'a Courier, events: &[EventMessage]) -> Self {
        let ids: Vec<_> = events.iter().map(|event| event.id.clone()).collect();
        courier.lock_in_hand().extend(ids.iter().cloned());
        Self { courier, ids }
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        let mut in_hand = self.courier.lock_in_hand();
        for id in &self.ids {
            in_hand.remove(id);
        }
    }
}
