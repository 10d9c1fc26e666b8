//! The relays of a process: one per lane, from the outbox to a bus.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus::Opts;
use signup_bus::{Bus, Relay, RelaySettings, RelayTotals};
use signup_store::Lane;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::app::App;
use crate::metrics::Metrics;
use crate::shutdown::Shutdown;

/// Relays at work. They go on until they are [stopped](Relays::stop): after the last request was answered, so that
/// what it has written still goes out.
pub struct Relays {
    shutdown: Shutdown,
    tasks: Vec<JoinHandle<()>>,
}

impl Relays {
    /// Starts a relay per lane, and counts what they do in the process's metrics.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn start(app: &App, bus: &Arc<dyn Bus>) -> Self {
        let shutdown = Shutdown::new();
        let totals = Arc::default();
        show(&app.metrics, &totals);
        let tasks = Lane::ALL
            .map(|lane| {
                let relay = relay(app, lane, Arc::clone(bus)).counting_into(&totals);
                let stop = shutdown.clone();
                tokio::spawn(async move { relay.run(stop.wait()).await })
            })
            .into();
        Self { shutdown, tasks }
    }

    /// Lets the relays empty the outbox once more, and waits for them.
    pub async fn stop(self) {
        self.shutdown.trigger();
        // A task that panicked has logged that; its events stay in the outbox.
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

fn relay(app: &App, lane: Lane, bus: Arc<dyn Bus>) -> Relay {
    let settings = &app.settings.bus;
    Relay::new(
        format!("relay-{}", Uuid::now_v7()),
        app.store.clone(),
        bus,
        Arc::clone(&app.clock),
        RelaySettings {
            lane,
            batch: settings.relay_batch,
            interval: settings.relay_interval,
            lease: settings.lease,
        },
        app.announcer.wake(),
    )
    .taking_over(app.announcer.hand_over(lane))
}

/// Finds one of the relays' totals.
type Total = fn(&RelayTotals) -> &AtomicU64;

/// Shows `signup_events_published_total` and `signup_events_unpublished_total{reason}`.
fn show(metrics: &Metrics, totals: &Arc<RelayTotals>) {
    let unpublished = |reason| {
        Opts::new(
            "signup_events_unpublished_total",
            "Attempts to publish an event that failed; the event stays in the outbox.",
        )
        .const_label("reason", reason)
    };
    let published = Opts::new(
        "signup_events_published_total",
        "Events that the bus has taken.",
    );
    let counters: [(Opts, Total); 4] = [
        (published, |totals| &totals.published),
        (unpublished("unroutable"), |totals| &totals.unroutable),
        (unpublished("refused"), |totals| &totals.refused),
        (unpublished("unavailable"), |totals| &totals.unavailable),
    ];
    for (opts, total) in counters {
        let totals = Arc::clone(totals);
        metrics.show_total(opts, move || total(&totals).load(Ordering::Relaxed));
    }
}
