//! Relays, bus and worker in one process, where there is no broker.

use std::sync::Arc;

use signup_app::App;
use signup_app::relays::Relays;
use signup_app::shutdown::Shutdown;
use signup_bus::InProcessBus;
use tokio::task::JoinHandle;

use crate::metrics::DeliveryMetrics;
use crate::sender::Sender;
use crate::tail::Tail;
use crate::webhook;
use crate::worker::Worker;

/// One relay and one queue per lane: a backlog in one is not in front of the other.
const CODES: &[&str] = &["otp.requested.*"];
const USERS: &[&str] = &["user.*.*"];
const EVERYTHING: &[&str] = &["#"];

/// Takes events out of the outbox and has the worker deal with them, until it is [stopped](InProcess::stop).
pub struct InProcess {
    bus: Arc<InProcessBus>,
    relays: Relays,
    consumers: Vec<JoinHandle<()>>,
    shutdown: Shutdown,
    webhooks: JoinHandle<()>,
}

impl InProcess {
    /// Starts relays from the outbox to a bus in this process, a worker that hands messages to `sender`, and a
    /// dispatcher of webhooks.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn start(app: &Arc<App>, sender: Arc<dyn Sender>) -> Self {
        let bus = Arc::new(InProcessBus::new());
        let metrics = DeliveryMetrics::register(&app.metrics.registry);
        let shutdown = Shutdown::new();
        let webhooks = webhook::start(app, Arc::clone(&sender), &shutdown);
        let worker = Arc::new(Worker::new(app, sender, metrics));
        let consumers = [CODES, USERS]
            .map(|lane| tokio::spawn(Arc::clone(&worker).run(bus.subscribe(lane))))
            .into();
        let relays = Relays::start(app, &(Arc::clone(&bus) as _));
        Self {
            bus,
            relays,
            consumers,
            shutdown,
            webhooks,
        }
    }

    /// Prints one line per event to standard output from now on.
    pub fn tail(&mut self) {
        let tail = Tail::new(self.bus.subscribe(EVERYTHING));
        self.consumers.push(tokio::spawn(tail.run()));
    }

    /// Lets the relays empty the outbox once more, and waits until every message of it was dealt with.
    pub async fn stop(self) {
        let Self {
            bus,
            relays,
            consumers,
            shutdown,
            webhooks,
        } = self;
        // Attempts under way finish beside the rest. What is queued last waits in the database for the next start.
        shutdown.trigger();
        relays.stop().await;
        // The consumers end with the bus.
        drop(bus);
        for consumer in consumers {
            // A task that panicked has logged that; its event stays in the outbox.
            let _ = consumer.await;
        }
        let _ = webhooks.await;
    }
}
