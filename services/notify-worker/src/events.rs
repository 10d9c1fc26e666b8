//! Where the worker's events come from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus::Opts;
use signup_app::App;
use signup_app::metrics::Metrics;
use signup_app::shutdown::Shutdown;
use signup_bus::rabbitmq::{BrokerOptions, ConsumerSettings, ConsumerTotals, consume};
use signup_http::Stop;
use signup_notify::{DeliveryMetrics, InProcess, Sender, Worker, webhook};
use signup_store::Lane;

use crate::health::PROCESS;

/// Starts to take events, as the settings say.
pub(crate) fn start(app: &Arc<App>, sender: Arc<dyn Sender>) -> Stop {
    match app.settings.bus.broker(PROCESS.binary) {
        Some(broker) => from_broker(app, sender, &broker),
        None => Box::pin(InProcess::start(app, sender).stop()),
    }
}

/// A consumer per lane, so that no backlog of the one is in front of the other.
fn from_broker(app: &App, sender: Arc<dyn Sender>, broker: &BrokerOptions) -> Stop {
    let metrics = DeliveryMetrics::register(&app.metrics.registry);
    let shutdown = Shutdown::new();
    let webhooks = webhook::start(app, Arc::clone(&sender), &shutdown);
    let worker = Arc::new(Worker::new(app, sender, metrics));
    let totals: Arc<ConsumerTotals> = Arc::default();
    show(&app.metrics, &totals);
    let mut tasks = vec![webhooks];
    for lane in [Lane::Codes, Lane::Others] {
        let settings = ConsumerSettings {
            lane,
            prefetch: app.settings.worker.prefetch,
            attempts: app.settings.worker.attempts,
        };
        let stop = shutdown.clone();
        let (subscription, consumer) =
            consume(broker.clone(), settings, Arc::clone(&totals), async move {
                stop.wait().await
            });
        tasks.push(consumer);
        tasks.push(tokio::spawn(Arc::clone(&worker).run(subscription)));
    }
    Box::pin(async move {
        shutdown.trigger();
        for task in tasks {
            // A task that panicked has logged that; its messages are delivered again.
            let _ = task.await;
        }
    })
}

/// Finds one of the consumers' totals.
type Total = fn(&ConsumerTotals) -> &AtomicU64;

/// Shows what the consumers count.
fn show(metrics: &Metrics, totals: &Arc<ConsumerTotals>) {
    let counters: [(&str, &str, Total); 3] = [
        (
            "signup_worker_retried_total",
            "Events that could not be dealt with and come again later.",
            |totals| &totals.retried,
        ),
        (
            "signup_worker_dead_total",
            "Events that were given up and wait as dead letters.",
            |totals| &totals.dead,
        ),
        (
            "signup_worker_broker_losses_total",
            "How often the connection to the broker was lost.",
            |totals| &totals.losses,
        ),
    ];
    for (name, help, total) in counters {
        let totals = Arc::clone(totals);
        metrics.show_total(Opts::new(name, help), move || {
            total(&totals).load(Ordering::Relaxed)
        });
    }
}
