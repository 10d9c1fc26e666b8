//! Moves events from the outbox to the bus.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use signup_core::time::Clock;
use signup_store::{ClaimedEvent, Store, StoreError};
use tokio::sync::Notify;

use crate::{Bus, PublishError, retry_delay};

/// How the relay works.
#[derive(Clone, Copy, Debug)]
pub struct RelaySettings {
    /// Events that it claims at a time.
    pub batch: u32,
    /// How often it looks when nobody woke it.
    pub interval: Duration,
    /// How long claimed events are its own.
    pub lease: Duration,
}

/// What a relay has done since it started, for metrics.
#[derive(Debug, Default)]
pub struct RelayTotals {
    /// Events that the bus has safely.
    pub published: AtomicU64,
    /// Attempts that failed, unroutable ones included.
    pub failed: AtomicU64,
}

/// The relay of one process. Any number of them work side by side on one outbox.
pub struct Relay {
    name: String,
    store: Store,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    settings: RelaySettings,
    wake: Arc<Notify>,
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
        wake: Arc<Notify>,
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

    /// What this relay has done.
    pub fn totals(&self) -> Arc<RelayTotals> {
        Arc::clone(&self.totals)
    }

    /// Works until `stop` resolves, then finishes what is in the outbox now.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut faults = 0;
        loop {
            let pause = match self.step().await {
                Ok(claimed) if claimed == self.settings.batch as usize => Duration::ZERO,
                Ok(_) => {
                    faults = 0;
                    self.settings.interval
                }
                Err(error) => {
                    faults += 1;
                    log::warn!(event = "relay.fault"; "the outbox cannot be read: {error}");
                    retry_delay(faults)
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = tokio::time::sleep(pause) => {}
                () = self.wake.notified(), if faults == 0 => {}
            }
        }
        if let Err(error) = self.step().await {
            log::warn!(event = "relay.fault"; "the last batch stays in the outbox: {error}");
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
            .claim_events(&self.name, self.settings.batch, now, self.settings.lease)
            .await?;
        if claimed.is_empty() {
            return Ok(0);
        }
        let results = self.bus.publish(&claimed).await;
        let mut published = Vec::with_capacity(claimed.len());
        for (event, result) in claimed.iter().zip(results) {
            match result {
                Ok(()) => published.push(event.sequence),
                Err(error) => self.give_back(event, &error).await?,
            }
        }
        self.totals
            .published
            .fetch_add(published.len() as u64, Ordering::Relaxed);
        self.store
            .mark_published(&self.name, published, self.clock.now())
            .await?;
        Ok(claimed.len())
    }

    async fn give_back(
        &self,
        event: &ClaimedEvent,
        error: &PublishError,
    ) -> Result<(), StoreError> {
        self.totals.failed.fetch_add(1, Ordering::Relaxed);
        log::warn!(
            event = "relay.unpublished", event_id = event.id.as_str(), attempts = event.attempts;
            "an event was not published and stays in the outbox: {error}"
        );
        let delay = retry_delay(u32::try_from(event.attempts).unwrap_or(u32::MAX));
        let retry_at = self.clock.now().after(delay);
        self.store
            .mark_unpublished(&self.name, event.sequence, retry_at, error.to_string())
            .await
    }
}
