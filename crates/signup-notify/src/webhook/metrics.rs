//! What dispatchers count.

use prometheus::{IntCounterVec, IntGauge, Opts, Registry};
use signup_core::time::Timestamp;
use signup_store::WebhookBacklog;

use super::attempt::Outcome;

/// `signup_webhook_attempts_total{outcome}`, `signup_webhook_pending`, `signup_webhook_oldest_seconds` and
/// `signup_webhooks_disabled`.
#[derive(Clone, Debug)]
pub struct WebhookMetrics(Option<Registered>);

#[derive(Clone, Debug)]
struct Registered {
    attempts: IntCounterVec,
    pending: IntGauge,
    oldest: IntGauge,
    disabled: IntGauge,
}

impl WebhookMetrics {
    /// Makes the metrics and registers them. A registry that has them already is a fault in this program, and no reason
    /// to call no webhooks: it is logged, and what is counted stays unseen.
    pub fn register(registry: &Registry) -> Self {
        let registered = Registered::new(registry).inspect_err(|error| {
            log::error!(event = "metrics.fault"; "metrics of webhooks are not shown: {error}");
        });
        Self(registered.ok())
    }

    pub(super) fn count(&self, outcome: Outcome) {
        if let Some(metrics) = &self.0 {
            let label = [outcome.as_str()];
            metrics.attempts.with_label_values(&label).inc();
        }
    }

    pub(super) fn set(&self, backlog: &WebhookBacklog, now: Timestamp) {
        if let Some(metrics) = &self.0 {
            let age = backlog
                .oldest
                .map_or(0, |oldest| now.since(oldest).as_secs());
            metrics.pending.set(backlog.pending);
            metrics.oldest.set(i64::try_from(age).unwrap_or(i64::MAX));
            metrics.disabled.set(backlog.disabled);
        }
    }
}

impl Registered {
    fn new(registry: &Registry) -> prometheus::Result<Self> {
        let attempts = IntCounterVec::new(
            Opts::new(
                "signup_webhook_attempts_total",
                "Calls of webhooks, by what became of each.",
            ),
            &["outcome"],
        )?;
        registry.register(Box::new(attempts.clone()))?;
        let gauge = |name, help| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        Ok(Self {
            attempts,
            pending: gauge(
                "signup_webhook_pending",
                "Deliveries that wait for active webhooks.",
            )?,
            oldest: gauge(
                "signup_webhook_oldest_seconds",
                "Age of the oldest of them.",
            )?,
            disabled: gauge(
                "signup_webhooks_disabled",
                "Webhooks that were switched off because they failed.",
            )?,
        })
    }
}
