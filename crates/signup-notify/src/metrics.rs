//! What the worker and the relay count.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus::core::{Collector, Desc};
use prometheus::proto::{self, MetricFamily};
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};
use signup_bus::RelayTotals;
use signup_core::code::Channel;
use signup_store::DeliveryState;

/// `signup_deliveries_total{channel,outcome}`.
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
        let deliveries = IntCounterVec::new(opts, &["channel", "outcome"]).and_then(|counter| {
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        });
        Self {
            deliveries: logged(deliveries),
        }
    }

    /// Counts one outcome.
    pub(crate) fn count(&self, channel: Channel, outcome: DeliveryState) {
        if let Some(deliveries) = &self.deliveries {
            deliveries
                .with_label_values(&[channel.as_str(), outcome.as_str()])
                .inc();
        }
    }
}

/// Finds one of the relay's totals.
type Total = fn(&RelayTotals) -> &AtomicU64;

/// Registers `signup_events_published_total` and `signup_events_unpublished_total`.
pub(crate) fn register_relay(registry: &Registry, totals: &Arc<RelayTotals>) {
    let counters: [(&str, &str, Total); 2] = [
        (
            "signup_events_published_total",
            "Events that the bus has taken.",
            |totals| &totals.published,
        ),
        (
            "signup_events_unpublished_total",
            "Attempts to publish an event that failed.",
            |totals| &totals.failed,
        ),
    ];
    for (name, help, read) in counters {
        let registered = IntCounter::new(name, help).and_then(|template| {
            registry.register(Box::new(RelayCounter {
                template,
                totals: Arc::clone(totals),
                read,
            }))
        });
        logged(registered);
    }
}

fn logged<T>(registered: prometheus::Result<T>) -> Option<T> {
    registered
        .inspect_err(|error| log::error!(event = "metrics.fault"; "a metric is not shown: {error}"))
        .ok()
}

/// Shows one of the relay's own totals.
struct RelayCounter {
    /// Has the name and the help; its own value stays zero.
    template: IntCounter,
    totals: Arc<RelayTotals>,
    read: Total,
}

impl Collector for RelayCounter {
    fn desc(&self) -> Vec<&Desc> {
        self.template.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut value = proto::Counter::default();
        value.set_value((self.read)(&self.totals).load(Ordering::Relaxed) as f64);
        let mut families = self.template.collect();
        for metric in families.iter_mut().flat_map(MetricFamily::mut_metric) {
            metric.set_counter(value.clone());
        }
        families
    }
}
