//! The embedded default: relay, bus and worker in the service's own process.

use std::sync::Arc;

use signup_app::App;
use signup_app::shutdown::Shutdown;
use signup_bus::{InProcessBus, Relay, RelaySettings};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::inbox::Inbox;
use crate::local::LocalSender;
use crate::metrics::{DeliveryMetrics, register_relay};
use crate::tail::Tail;
use crate::worker::Worker;

/// One queue per lane: a backlog in one is not in front of the other.
const CODES: &[&str] = &["otp.requested.*"];
const USERS: &[&str] = &["user.created.*"];
const EVERYTHING: &[&str] = &["#"];

/// The running parts of the embedded default.
pub struct Embedded {
    /// What was sent.
    pub inbox: Inbox,
    bus: Arc<InProcessBus>,
    relay: JoinHandle<()>,
    consumers: Vec<JoinHandle<()>>,
}

/// Starts a relay from the outbox to a bus in this process, and a worker that keeps messages in an inbox and, if
/// `terminal`, shows them on standard output. All of it ends with `shutdown`.
///
/// # Panics
/// Outside a Tokio runtime.
pub fn start_embedded(app: &Arc<App>, terminal: bool, shutdown: &Shutdown) -> Embedded {
    let inbox = Inbox::new();
    let bus = Arc::new(InProcessBus::new());
    let registry = &app.metrics.registry;
    let sender = Arc::new(LocalSender::new(inbox.clone(), terminal));
    let worker = Arc::new(Worker::new(
        app,
        sender,
        DeliveryMetrics::register(registry),
    ));
    let consumers = [CODES, USERS]
        .map(|lane| tokio::spawn(Arc::clone(&worker).run(bus.subscribe(lane))))
        .into();
    let settings = &app.settings.bus;
    let relay = Relay::new(
        format!("embedded-{}", Uuid::now_v7()),
        app.store.clone(),
        Arc::clone(&bus) as _,
        Arc::clone(&app.clock),
        RelaySettings {
            batch: settings.relay_batch,
            interval: settings.relay_interval,
            lease: settings.lease,
        },
        Arc::clone(&app.outbox_wake),
    );
    register_relay(registry, &relay.totals());
    let stop = shutdown.clone();
    let relay = tokio::spawn(async move { relay.run(stop.wait()).await });
    Embedded {
        inbox,
        bus,
        relay,
        consumers,
    }
}

impl Embedded {
    /// Prints one line per event to standard output from now on.
    pub fn tail(&mut self) {
        let tail = Tail::new(self.bus.subscribe(EVERYTHING));
        self.consumers.push(tokio::spawn(tail.run()));
    }

    /// Waits, after the shutdown, until the relay has finished its last batch and every message of it was dealt with.
    pub async fn join(self) {
        let Self {
            bus,
            relay,
            consumers,
            ..
        } = self;
        // A task that panicked has logged that; its events stay in the outbox.
        let _ = relay.await;
        // The consumers end with the bus.
        drop(bus);
        for consumer in consumers {
            let _ = consumer.await;
        }
    }
}
