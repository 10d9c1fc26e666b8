//! What the worker counts.

use prometheus::{IntCounterVec, Opts, Registry};
use signup_core::code::Channel;
use signup_core::event::EventType;
use signup_store::DeliveryState;

/// `signup_deliveries_total{message,channel,outcome}`.
#[derive(Clone, Debug)]
pub struct DeliveryMetrics {
    deliveries: Option<IntCounterVec>,
}

impl DeliveryMetrics {
    /// Makes the counter and registers it. A registry that has one already is a fault in this program, and no reason to
    /// send no messages: it is logged, and the new counter stays unseen.
    pub fn register(registry: &Registry) -> Self {
        let opts = Opts::new(
            "signup_deliveries_total",
            "Messages that events asked for, by what became of each attempt.",
        );
        let deliveries =
            IntCounterVec::new(opts, &["message", "channel", "outcome"]).and_then(|counter| {
                registry.register(Box::new(counter.clone()))?;
                Ok(counter)
            });
        Self {
            deliveries: deliveries
                .inspect_err(
                    |error| log::error!(event = "metrics.fault"; "a metric is not shown: {error}"),
                )
                .ok(),
        }
    }

    /// Counts one outcome of what an event of this type asked for: a code (or the word that an account exists, which
    /// takes its place), or a welcome.
    pub(crate) fn count(&self, event_type: &str, channel: Channel, outcome: DeliveryState) {
        let message = if event_type == EventType::OtpRequested.as_str() {
            "code"
        } else {
            "welcome"
        };
        if let Some(deliveries) = &self.deliveries {
            deliveries
                .with_label_values(&[message, channel.as_str(), outcome.as_str()])
                .inc();
        }
    }
}
