//! Where the events of a provider's service go.

use std::sync::Arc;

use prometheus::Opts;
use signup_app::App;
use signup_app::relays::Relays;
use signup_bus::Bus;
use signup_bus::rabbitmq::RabbitBus;
use signup_notify::start_embedded;

use super::Stop;

/// Starts what takes events out of the outbox of a provider's service, as the settings say: relays to the broker, or the
/// worker in this process that shows messages, or nothing. `program` is what the broker knows the connection by.
///
/// # Panics
/// Outside a Tokio runtime.
pub fn start_events(app: &Arc<App>, program: &str) -> Stop {
    if let Some(broker) = app.settings.bus.broker(program) {
        let rabbit = Arc::new(RabbitBus::new(broker));
        let counted = Arc::clone(&rabbit);
        let reconnects = Opts::new(
            "signup_broker_reconnects_total",
            "How often the connection to the broker was opened again.",
        );
        app.metrics
            .show_total(reconnects, move || counted.reconnects());
        let bus: Arc<dyn Bus> = Arc::clone(&rabbit) as _;
        let relays = Relays::start(app, &bus);
        return Box::pin(async move {
            relays.stop().await;
            rabbit.close().await;
        });
    }
    if app.settings.shows_messages() {
        log::warn!(
            event = "messages.shown";
            "messages and their codes are shown on this terminal and sent to nobody (bus.local_messages)"
        );
        return Box::pin(start_embedded(app, true).stop());
    }
    log::warn!(
        event = "messages.waiting";
        "this process takes no events out of the outbox: they, and all codes, wait there for the worker (bus.local_messages)"
    );
    Box::pin(async {})
}
