//! A clock that only moves when a test says so.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use signup_core::time::{Clock, SystemClock, Timestamp};

/// Starts at the present and stands still until it is advanced.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// Moves the time on.
    pub fn advance(&self, by: Duration) {
        self.0
            .store(self.now().after(by).as_millis(), Ordering::SeqCst);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(SystemClock.now().as_millis()))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}
