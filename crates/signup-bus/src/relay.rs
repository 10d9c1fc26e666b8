//! Moves events from the outbox to the bus.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use signup_core::event::EventMessage;
use signup_core::time::Clock;
use signup_store::{Lane, Store, StoreError};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::{Bus, PublishError, retry_delay};

/// How long a relay that was told to stop begins new batches.
const LAST_BATCHES: Duration = Duration::from_secs(3);

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
    /// Attempts that failed, unroutable ones included.
    pub failed: AtomicU64,
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
            let pause = match self.step().await {
                Ok(claimed) => {
                    faults = 0;
                    if claimed == self.settings.batch as usize {
                        Duration::ZERO
                    } else {
                        self.settings.interval
                    }
                }
                Err(error) => {
                    faults += 1;
                    log::warn!(event = "relay.fault"; "the outbox cannot be read: {error}");
                    retry_delay(faults)
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
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    log::warn!(event = "relay.fault"; "the last events stay in the outbox: {error}");
                    return;
                }
            }
        }
    }

    /// Claims one batch and publishes it; tells how many events it claimed.
    ///
    /// # Errors
    /// The database is unavailable. Events that were published but not marked are published again later.
    pub async fn step(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let claimed = self
            .store
            .claim_events(
                &self.name,
                self.settings.lane,
                self.settings.batch,
                now,
                self.settings.lease,
            )
            .await?;
        if claimed.is_empty() {
            return Ok(0);
        }
        let count = claimed.len();
        let (marks, events): (Vec<_>, Vec<_>) = claimed
            .into_iter()
            .map(|claimed| ((claimed.sequence, claimed.attempts), claimed.event))
            .unzip();
        let results = self.bus.publish(&events).await;
        let mut published = Vec::with_capacity(count);
        for ((mark, event), result) in marks.into_iter().zip(&events).zip(results) {
            match result {
                Ok(()) => published.push(mark.0),
                Err(error) => self.give_back(mark, event, &error).await?,
            }
        }
        self.totals
            .published
            .fetch_add(published.len() as u64, Ordering::Relaxed);
        self.store
            .mark_published(&self.name, published, self.clock.now())
            .await?;
        Ok(count)
    }

    async fn give_back(
        &self,
        (sequence, attempts): (i64, i32),
        event: &EventMessage,
        error: &PublishError,
    ) -> Result<(), StoreError> {
        self.totals.failed.fetch_add(1, Ordering::Relaxed);
        log::warn!(
            event = "relay.unpublished", event_id = event.id.as_str(), attempts = attempts;
            "an event was not published and stays in the outbox: {error}"
        );
        let delay = retry_delay(u32::try_from(attempts).unwrap_or(u32::MAX));
        let retry_at = self.clock.now().after(delay);
        self.store
            .mark_unpublished(&self.name, sequence, retry_at, error.to_string())
            .await
    }
}
