//! Moves events from the outbox to the bus.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use log::Level;
use signup_core::event::EventMessage;
use signup_core::time::Clock;
use signup_store::{Lane, Store, StoreError, Unpublished};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::{Bus, PublishError, retry_delay};

/// How long a relay that was told to stop begins new batches.
const LAST_BATCHES: Duration = Duration::from_secs(3);
/// A bus or a database that came back is noticed after this time at the latest.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How the relay works.
#[derive(Clone, Copy, Debug)]
pub struct RelaySettings {
    /// The events that it moves.
    pub lane: Lane,
    /// Events that it claims at a time.
    pub batch: u32,
    /// How often it looks when nobody woke it.
    pub interval: Duration,
    /// How long claimed events are its own.
    pub lease: Duration,
}

/// What relays have done since they started, for metrics.
#[derive(Debug, Default)]
pub struct RelayTotals {
    /// Events that the bus has safely.
    pub published: AtomicU64,
    /// Attempts that found no consumer bound to the event's routing key.
    pub unroutable: AtomicU64,
    /// Attempts that the bus, or its consumer, refused.
    pub refused: AtomicU64,
    /// Attempts that found no bus.
    pub unavailable: AtomicU64,
}

/// What one step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many events were claimed, and the bus was asked to take them.
    Claimed(usize),
    /// The bus is out of reach, for this reason; the events wait for it untouched.
    NoBus(String),
}

/// The relay of one lane in one process. Any number of them work side by side on one outbox.
pub struct Relay {
    name: String,
    store: Store,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    settings: RelaySettings,
    wake: watch::Receiver<()>,
    totals: Arc<RelayTotals>,
}

impl Relay {
    /// A relay that is woken through `wake` when an event was committed.
    pub fn new(
        name: String,
        store: Store,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
        settings: RelaySettings,
        wake: watch::Receiver<()>,
    ) -> Self {
        Self {
            name,
            store,
            bus,
            clock,
            settings,
            wake,
            totals: Arc::default(),
        }
    }

    /// Counts into totals that several relays share.
    #[must_use]
    pub fn counting_into(mut self, totals: &Arc<RelayTotals>) -> Self {
        self.totals = Arc::clone(totals);
        self
    }

    /// Works until `stop` resolves, then goes on until nothing is left to claim, for a few seconds at the most.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut faults = 0;
        loop {
            let step = self.step().await;
            // An outage is told when it begins and when it ends; each attempt in between says nothing new.
            let level = if faults == 0 {
                Level::Warn
            } else {
                Level::Debug
            };
            let pause = match step {
                Ok(Step::Claimed(claimed)) => {
                    if faults > 0 {
                        log::info!(event = "relay.back"; "events are published again");
                    }
                    faults = 0;
                    // Of one subject only one event was claimed: what is behind it may be claimed now.
                    if claimed == 0 {
                        self.settings.interval
                    } else {
                        Duration::ZERO
                    }
                }
                Ok(Step::NoBus(problem)) => {
                    log::log!(level, event = "relay.no_bus"; "events wait in the outbox: {problem}");
                    faults += 1;
                    retry_delay(faults).min(LONGEST_PAUSE)
                }
                Err(error) => {
                    log::log!(level, event = "relay.fault"; "the outbox cannot be read: {error}");
                    faults += 1;
                    retry_delay(faults).min(LONGEST_PAUSE)
                }
            };
            // A commit during the step before counts as a change: it wakes at once. Without a sender nothing wakes.
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = tokio::time::sleep(pause) => {}
                Ok(()) = self.wake.changed(), if faults == 0 => {}
            }
        }
        self.drain().await;
    }

    async fn drain(&self) {
        let end = Instant::now() + LAST_BATCHES;
        while Instant::now() < end {
            match self.step().await {
                Ok(Step::Claimed(0)) => return,
                Ok(Step::Claimed(_)) => {}
                Ok(Step::NoBus(problem)) => {
                    log::warn!(event = "relay.no_bus"; "the last events stay in the outbox: {problem}");
                    return;
                }
                Err(error) => {
                    log::warn!(event = "relay.fault"; "the last events stay in the outbox: {error}");
                    return;
                }
            }
        }
    }

    /// Claims one batch and publishes it.
    ///
    /// # Errors
    /// The database is unavailable. Events that were published but not marked are published again later.
    pub async fn step(&self) -> Result<Step, StoreError> {
        if let Err(error) = self.bus.ready().await {
            self.totals.unavailable.fetch_add(1, Ordering::Relaxed);
            return Ok(Step::NoBus(error.to_string()));
        }
        let RelaySettings {
            lane, batch, lease, ..
        } = self.settings;
        let now = self.clock.now();
        let claimed = self
            .store
            .claim_events(&self.name, lane, batch, now, lease)
            .await?;
        if claimed.is_empty() {
            return Ok(Step::Claimed(0));
        }
        let (places, events): (Vec<_>, Vec<_>) = claimed
            .into_iter()
            .map(|claimed| ((claimed.sequence, claimed.attempts), claimed.event))
            .unzip();
        let results = self.bus.publish(&events).await;
        let mut sorted = Results::default();
        for ((place, event), result) in places.into_iter().zip(&events).zip(results) {
            self.sort(&mut sorted, place, event, result);
        }
        self.mark(sorted, events.len()).await
    }

    fn sort(
        &self,
        sorted: &mut Results,
        (sequence, attempts): (i64, i32),
        event: &EventMessage,
        result: Result<(), PublishError>,
    ) {
        let error = match result {
            Ok(()) => {
                sorted.published.push(sequence);
                return;
            }
            Err(PublishError::Unavailable(problem)) => {
                sorted.untried.push(sequence);
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
            sequence,
            retry_at: self.clock.now().after(delay),
            problem: error.to_string(),
        });
    }

    async fn mark(&self, results: Results, claimed: usize) -> Result<Step, StoreError> {
        let Results {
            published,
            unpublished,
            untried,
            problem,
        } = results;
        let now = self.clock.now();
        if !published.is_empty() {
            let count = published.len() as u64;
            self.store
                .mark_published(&self.name, published, now)
                .await?;
            self.totals.published.fetch_add(count, Ordering::Relaxed);
        }
        self.store.mark_unpublished(&self.name, unpublished).await?;
        let Some(problem) = problem else {
            return Ok(Step::Claimed(claimed));
        };
        self.totals.unavailable.fetch_add(1, Ordering::Relaxed);
        self.store
            .release_events(&self.name, untried, now, problem.clone())
            .await?;
        Ok(Step::NoBus(problem))
    }
}

/// What the bus made of a batch.
#[derive(Default)]
struct Results {
    published: Vec<i64>,
    unpublished: Vec<Unpublished>,
    untried: Vec<i64>,
    /// Why the untried ones were not tried.
    problem: Option<String>,
}
