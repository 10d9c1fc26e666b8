//! What the hash threads count.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry};

/// From a thread that is free to more than any request may wait.
const WAIT_SECONDS: [f64; 12] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// From cost 10 on a fast machine to cost 15 on a slow one.
const HASH_SECONDS: [f64; 9] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Why a password was not hashed although the pool works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashRefusal {
    /// It could not have been ready by its deadline.
    Deadline,
    /// All places were taken, and its application had its share of them.
    QueueFull,
    /// It lost its place to an application that had less than its share.
    Displaced,
    /// Its deadline passed while it waited, against the estimate.
    Expired,
}

impl HashRefusal {
    const ALL: [Self; 4] = [
        Self::Deadline,
        Self::QueueFull,
        Self::Displaced,
        Self::Expired,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::QueueFull => "queue_full",
            Self::Displaced => "displaced",
            Self::Expired => "expired",
        }
    }
}

/// The hash threads' metrics. Clones count together.
#[derive(Clone)]
pub(crate) struct HashMetrics {
    queue: IntGauge,
    wait: Histogram,
    took: HistogramVec,
    refused: IntCounterVec,
}

impl HashMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let wait = HistogramOpts::new(
            "signup_hash_wait_seconds",
            "How long passwords waited for a hash thread; those that were refused are not here.",
        );
        let took = HistogramOpts::new(
            "signup_hash_seconds",
            "How long hashing took on its thread, by bcrypt cost.",
        );
        let metrics = Self {
            queue: IntGauge::new(
                "signup_hash_queue",
                "Passwords that wait for a hash thread at this moment.",
            )?,
            wait: Histogram::with_opts(wait.buckets(WAIT_SECONDS.to_vec()))?,
            took: HistogramVec::new(took.buckets(HASH_SECONDS.to_vec()), &["cost"])?,
            refused: IntCounterVec::new(
                Opts::new(
                    "signup_hash_refused_total",
                    "Passwords that were not hashed: not in time by the estimate (deadline), no place (queue_full), place \
                     lost to an application with less than its share (displaced), or late against the estimate (expired).",
                ),
                &["reason"],
            )?,
        };
        registry.register(Box::new(metrics.queue.clone()))?;
        registry.register(Box::new(metrics.wait.clone()))?;
        registry.register(Box::new(metrics.took.clone()))?;
        registry.register(Box::new(metrics.refused.clone()))?;
        // A rate can only be told of a counter that was there before its first event.
        for reason in HashRefusal::ALL {
            metrics.refused.with_label_values(&[reason.label()]);
        }
        Ok(metrics)
    }

    /// So many wait now.
    pub(crate) fn waiting(&self, count: usize) {
        self.queue.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// A thread took one that had waited so long.
    pub(crate) fn waited(&self, wait: Duration) {
        self.wait.observe(wait.as_secs_f64());
    }

    /// A hash is done.
    pub(crate) fn hashed(&self, cost: u32, took: Duration) {
        self.took
            .with_label_values(&[cost.to_string()])
            .observe(took.as_secs_f64());
    }

    /// One was turned away.
    pub(crate) fn refused(&self, reason: HashRefusal) {
        self.refused.with_label_values(&[reason.label()]).inc();
    }
}
