//! Moves events from the outbox to the bus.

mod batch;
mod run;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use signup_core::time::Clock;
use signup_store::{Lane, Store, StoreError};
use tokio::sync::watch;

use crate::hand_over::Handed;
use crate::{Bus, HandOver};
use batch::{Courier, Found};

/// How the relay works.
#[derive(Clone, Copy, Debug)]
pub struct RelaySettings {
    /// The events that it moves.
    pub lane: Lane,
    /// Most events that it claims, or publishes, at a time.
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
    courier: Courier,
    wake: watch::Receiver<()>,
    handed: Handed,
}

impl Relay {
    /// A relay that is woken through `wake` when an event was committed for anybody to claim.
    pub fn new(
        name: String,
        store: Store,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
        settings: RelaySettings,
        wake: watch::Receiver<()>,
    ) -> Self {
        let handed = HandOver::new().connect(&name);
        Self {
            courier: Courier {
                name,
                store,
                bus,
                clock,
                settings,
                totals: Arc::default(),
                in_hand: Default::default(),
            },
            wake,
            handed,
        }
    }

    /// Counts into totals that several relays share.
    #[must_use]
    pub fn counting_into(mut self, totals: &Arc<RelayTotals>) -> Self {
        self.courier.totals = Arc::clone(totals);
        self
    }

    /// Takes events over right after their commit, once it works and while it reaches the bus.
    #[must_use]
    pub fn taking_over(mut self, hand_over: &HandOver) -> Self {
        self.handed = hand_over.connect(&self.courier.name);
        self
    }

    /// Works until `stop` resolves, then goes on until every event that was handed over is published and nothing is left
    /// to claim, for a few seconds at the most.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        run::run(&self.courier, self.wake, self.handed, stop).await;
    }

    /// Claims one batch and publishes it.
    ///
    /// # Errors
    /// The database is unavailable. Events that were published but not marked are published again later.
    pub async fn step(&self) -> Result<Step, StoreError> {
        let batch = match self.courier.claim().await? {
            Found::Events(batch) => batch,
            Found::Nothing { .. } => return Ok(Step::Claimed(0)),
            Found::NoBus(problem) => return Ok(Step::NoBus(problem)),
        };
        let claimed = batch.len();
        Ok(match self.courier.publish(batch).await? {
            None => Step::Claimed(claimed),
            Some(problem) => Step::NoBus(problem),
        })
    }
}
