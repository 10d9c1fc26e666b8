//! What a writer measures, in the Prometheus exposition format.

use std::time::Duration;

use prometheus::Histogram;
use prometheus::core::Collector;

use crate::error::StoreError;
use crate::histogram::{SECONDS, histogram};

/// Powers of two up to the largest batch.
const SIZES: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// The measures of one writer. Clones count together.
#[derive(Clone)]
pub(super) struct Measures {
    batch_size: Histogram,
    wait: Histogram,
    batch_time: Histogram,
}

impl Measures {
    /// `what` the writer writes is the value of a label.
    ///
    /// # Errors
    /// A name or a boundary is not allowed: a fault in this file.
    pub fn new(what: &str) -> Result<Self, StoreError> {
        let histogram =
            |name, help, buckets: &[f64]| histogram(name, help, ("what", what), buckets);
        Ok(Self {
            batch_size: histogram(
                "signup_writer_batch_size",
                "Writes that shared a commit.",
                &SIZES,
            )?,
            wait: histogram(
                "signup_writer_wait_seconds",
                "How long writes waited for the commits before them.",
                &SECONDS,
            )?,
            batch_time: histogram(
                "signup_writer_batch_seconds",
                "How long the database took for a batch, its commit included.",
                &SECONDS,
            )?,
        })
    }

    pub fn begun(&self, waits: impl ExactSizeIterator<Item = Duration>) {
        self.batch_size.observe(waits.len() as f64);
        waits.for_each(|wait| self.wait.observe(wait.as_secs_f64()));
    }

    pub fn ended(&self, took: Duration) {
        self.batch_time.observe(took.as_secs_f64());
    }

    pub fn collectors(&self) -> Vec<Box<dyn Collector>> {
        let all = [&self.batch_size, &self.wait, &self.batch_time];
        all.map(|it| Box::new(it.clone()) as Box<dyn Collector>)
            .into()
    }
}
