//! What a process counts, in the Prometheus exposition format.

mod hash;

use prometheus::core::{Collector, Desc};
use prometheus::proto::{self, MetricFamily};
use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use signup_core::application::Application;
use signup_core::code::{Binding, Channel};
use signup_store::LimitHit;

pub(crate) use self::hash::{HashMetrics, HashRefusal};

/// The process's metrics.
pub struct Metrics {
    /// Where all of them are registered.
    pub registry: Registry,
    sign_ups: IntCounterVec,
    codes: IntCounterVec,
    codes_checked: IntCounterVec,
    limit_hits: IntCounterVec,
    pub(crate) decisions_dropped: IntCounter,
    pub(crate) hash: HashMetrics,
    pub(crate) outbox_backlog: IntGauge,
    pub(crate) outbox_oldest: IntGauge,
    pub(crate) connections: IntGauge,
    pub(crate) connections_allowed: IntGauge,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counter = |name, help, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let gauge = |name, help| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let decisions_dropped = IntCounter::new(
            "signup_decisions_dropped_total",
            "Decisions about requests that were not kept, because the database did not take them in time.",
        )?;
        registry.register(Box::new(decisions_dropped.clone()))?;
        Ok(Self {
            sign_ups: counter(
                "signup_sign_ups_total",
                "Sign-ups that passed all checks of the request, by what became of them.",
                &["provider", "application", "outcome"],
            )?,
            codes: counter(
                "signup_codes_requested_total",
                "Codes asked for, by what became of the request.",
                &["provider", "application", "channel", "outcome"],
            )?,
            codes_checked: counter(
                "signup_codes_checked_total",
                "Codes that people typed, by what they were; expired ones count as wrong.",
                &["provider", "application", "channel", "outcome"],
            )?,
            limit_hits: counter(
                "signup_limit_hits_total",
                "Codes beyond a limit, by whose limit it is: refused (mode enforce) or sent all the same (observe).",
                &["provider", "application", "scope", "country", "mode"],
            )?,
            decisions_dropped,
            hash: HashMetrics::new(&registry)?,
            outbox_backlog: gauge(
                "signup_outbox_backlog",
                "Events that are not published yet.",
            )?,
            outbox_oldest: gauge(
                "signup_outbox_oldest_seconds",
                "Age of the oldest event that is not published yet.",
            )?,
            connections: gauge(
                "signup_database_connections",
                "Database connections in use by requests.",
            )?,
            connections_allowed: gauge(
                "signup_database_connections_allowed",
                "Most database connections that requests may use at a time.",
            )?,
            registry,
        })
    }

    /// Shows a total that something else keeps, as a counter. One that is there already is a fault in this program, and
    /// no reason to stop: it is logged.
    pub fn show_total(&self, opts: Opts, read: impl Fn() -> u64 + Send + Sync + 'static) {
        let shown = IntCounter::with_opts(opts).and_then(|counter| {
            let read = Box::new(read);
            self.registry.register(Box::new(Total { counter, read }))
        });
        if let Err(error) = shown {
            log::error!(event = "metrics.fault"; "a metric is not shown: {error}");
        }
    }

    pub(crate) fn sign_up(&self, application: &Application, outcome: &str) {
        self.sign_ups
            .with_label_values(&[&application.provider, &application.id, outcome])
            .inc();
    }

    pub(crate) fn code(&self, application: &Application, channel: Channel, outcome: &str) {
        self.codes
            .with_label_values(&[
                application.provider.as_str(),
                &application.id,
                channel.as_str(),
                outcome,
            ])
            .inc();
    }

    pub(crate) fn code_checked(&self, binding: &Binding, outcome: &str) {
        self.codes_checked
            .with_label_values(&[
                binding.provider.as_str(),
                &binding.application,
                binding.channel.as_str(),
                outcome,
            ])
            .inc();
    }

    pub(crate) fn limit_hit(&self, hit: &LimitHit) {
        self.limit_hits
            .with_label_values(&[
                hit.provider.as_str(),
                &hit.application,
                &hit.scope,
                hit.country.as_deref().unwrap_or_default(),
                hit.mode.as_str(),
            ])
            .inc();
    }
}

/// A counter whose value is kept elsewhere.
struct Total {
    /// Has the name and the help; its own value stays zero.
    counter: IntCounter,
    read: Box<dyn Fn() -> u64 + Send + Sync>,
}

impl Collector for Total {
    fn desc(&self) -> Vec<&Desc> {
        self.counter.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut value = proto::Counter::default();
        value.set_value((self.read)() as f64);
        let mut families = self.counter.collect();
        for metric in families.iter_mut().flat_map(MetricFamily::mut_metric) {
            metric.set_counter(value.clone());
        }
        families
    }
}
