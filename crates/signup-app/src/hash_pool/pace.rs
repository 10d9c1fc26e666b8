//! How fast this machine hashes.

use std::io;
use std::time::{Duration, Instant};

/// Cheap enough to be unnoticed when a pool starts, dear enough to predict what a real hash takes.
const PROBE_COST: u32 = 6;

/// Weight of a sample that is slower than the average: one stall is not a trend.
const SLOWER: f64 = 0.125;

/// Weight of one that is faster: a stall that is over is forgotten within a few hashes.
const FASTER: f64 = 0.5;

/// The work of a hash. bcrypt's doubles with each step of the cost; counting in units lets one average serve
/// applications with different costs.
pub(super) fn units(cost: u32) -> u64 {
    1 << cost.min(31)
}

/// Moving average of the time that one unit of work takes on one thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    unit_nanos: f64,
}

impl Pace {
    /// Measures this machine, so that the very first estimate is not a guess.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub(super) fn measure() -> io::Result<Self> {
        const RUNS: usize = 3;
        // The fastest run counts: the others were interrupted by something else.
        let mut fastest = Duration::MAX;
        for _ in 0..RUNS {
            let started = Instant::now();
            bcrypt::non_truncating_hash("calibration", PROBE_COST).map_err(io::Error::other)?;
            fastest = fastest.min(started.elapsed());
        }
        Ok(Self::of(units(PROBE_COST), fastest))
    }

    /// The pace at which so much work takes this time.
    pub(super) fn of(units: u64, took: Duration) -> Self {
        Self {
            unit_nanos: took.as_nanos() as f64 / units as f64,
        }
    }

    /// Lets a hash that is done count.
    pub(super) fn observe(&mut self, units: u64, took: Duration) {
        let sample = Self::of(units, took).unit_nanos;
        let weight = if sample < self.unit_nanos {
            FASTER
        } else {
            SLOWER
        };
        self.unit_nanos += weight * (sample - self.unit_nanos);
    }

    /// The time that so much work takes on one thread.
    pub(super) fn time_of(self, units: u64) -> Duration {
        Duration::from_nanos((units as f64 * self.unit_nanos) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_of_the_cost_doubles_the_time() {
        let pace = Pace::of(units(10), Duration::from_millis(50));
        assert_eq!(pace.time_of(units(10)), Duration::from_millis(50));
        assert_eq!(pace.time_of(units(13)), Duration::from_millis(400));
        assert_eq!(pace.time_of(0), Duration::ZERO);
    }

    #[test]
    fn a_stall_counts_little_and_is_soon_forgotten() {
        let usual = Duration::from_millis(50);
        let mut pace = Pace::of(units(10), usual);
        pace.observe(units(10), usual * 9);
        assert_eq!(pace.time_of(units(10)), usual * 2);
        for _ in 0..3 {
            pace.observe(units(10), usual);
        }
        assert!(pace.time_of(units(10)) < usual * 5 / 4);
    }

    #[test]
    fn a_machine_that_has_become_slower_is_noticed() {
        let mut pace = Pace::of(units(10), Duration::from_millis(50));
        for _ in 0..50 {
            pace.observe(units(12), Duration::from_secs(4));
        }
        assert!(pace.time_of(units(10)) > Duration::from_millis(990));
    }
}
