//! Histograms in the Prometheus exposition format.

use prometheus::{Histogram, HistogramOpts};

use crate::error::StoreError;

/// From a fast disk to the longest wait of a request.
pub(crate) const SECONDS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
];

/// A histogram whose label (a name and a value) tells it from others of its name.
///
/// # Errors
/// A name or a boundary is not allowed: a fault in this program.
pub(crate) fn histogram(
    name: &str,
    help: &str,
    (label, value): (&str, &str),
    buckets: &[f64],
) -> Result<Histogram, StoreError> {
    let options = HistogramOpts::new(name, help)
        .const_label(label, value)
        .buckets(buckets.to_vec());
    Histogram::with_opts(options).map_err(|error| StoreError::Statement(error.to_string()))
}
