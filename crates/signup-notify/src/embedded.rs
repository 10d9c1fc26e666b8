//! The embedded default: relays, bus and worker in the service's own process.

use std::sync::Arc;

use signup_app::App;
use signup_app::relays::Relays;
use signup_bus::InProcessBus;
use tokio::task::JoinHandle;

use crate::inbox::Inbox;
use crate::local::LocalSender;
use crate::metrics::DeliveryMetrics;
use crate::tail::Tail;
use crate::worker::Worker;

/// One relay and one queue per lane: a backlog in one is not in front of the other.
const CODES: &[&str] = &["otp.requested.*"];
const USERS: &[&str] = &["user.created.*"];
const EVERYTHING: &[&str] = &["#"];

/// The running parts of the embedded default.
pub struct Embedded {
    /// What was sent.
    pub inbox: Inbox,
    bus: Arc<InProcessBus>,
    relays: Relays,
    consumers: Vec<JoinHandle<()>>,
}

/// Starts relays from the outbox to a bus in this process, and a worker that keeps messages in an inbox and, if
/// `terminal`, shows them on standard output. They go on until they are [stopped](Embedded::stop): after the last request was answered,
/// so that what it has written still goes out.
///
/// # Panics
/// Outside a Tokio runtime.
pub fn start_embedded(app: &Arc<App>, terminal: bool) -> Embedded {
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
    let relays = Relays::start(app, &(Arc::clone(&bus) as _));
    Embedded {
        inbox,
        bus,
        relays,
        consumers,
    }
}

impl Embedded {
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
            ..
        } = self;
        relays.stop().await;
        // The consumers end with the bus.
        drop(bus);
        for consumer in consumers {
            // A task that panicked has logged that; its event stays in the outbox.
            let _ = consumer.await;
        }
    }
}
