//! Latencies and their percentiles.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Longer ones count as this long. No service answers so late: their deadline is 4 s.
const LONGEST_US: u64 = 60_000_000;

/// Percentiles of latencies, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latencies {
    /// How many there are.
    pub count: u64,
    /// The median.
    pub p50_ms: f64,
    /// Nine of ten are not longer.
    pub p90_ms: f64,
    /// 99 of 100 are not longer.
    pub p99_ms: f64,
    /// 999 of 1000 are not longer.
    pub p999_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

/// Collects latencies.
pub struct Recorder(Histogram<u64>);

impl Recorder {
    /// Three significant digits from a microsecond to a minute.
    ///
    /// # Errors
    /// Never with these bounds.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST_US, 3)?))
    }

    /// Adds one.
    pub fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(LONGEST_US);
        self.0.saturating_record(micros.clamp(1, LONGEST_US));
    }

    /// The percentiles; all zero when there are none.
    pub fn latencies(&self) -> Latencies {
        let milliseconds = |micros: u64| micros as f64 / 1000.0;
        let quantile = |quantile| milliseconds(self.0.value_at_quantile(quantile));
        Latencies {
            count: self.0.len(),
            p50_ms: quantile(0.5),
            p90_ms: quantile(0.9),
            p99_ms: quantile(0.99),
            p999_ms: quantile(0.999),
            max_ms: milliseconds(self.0.max()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn percentiles_are_those_of_what_was_recorded() {
        let mut recorder = Recorder::new().unwrap();
        for millis in 1..=1000 {
            recorder.record(Duration::from_millis(millis));
        }
        let found = recorder.latencies();
        assert_eq!(found.count, 1000);
        for (found, expected) in [
            (found.p50_ms, 500.0),
            (found.p90_ms, 900.0),
            (found.p99_ms, 990.0),
            (found.p999_ms, 999.0),
            (found.max_ms, 1000.0),
        ] {
            assert!(
                (found - expected).abs() / expected < 0.002,
                "{found} {expected}"
            );
        }
    }

    #[test]
    fn without_latencies_there_are_zeros() {
        assert_eq!(Recorder::new().unwrap().latencies(), Latencies::default());
    }

    #[test]
    fn what_is_out_of_bounds_is_kept_at_the_bound() {
        let mut recorder = Recorder::new().unwrap();
        recorder.record(Duration::ZERO);
        recorder.record(Duration::from_secs(3600));
        let found = recorder.latencies();
        assert_eq!(found.count, 2);
        assert!(found.max_ms >= 60_000.0);
    }
}
