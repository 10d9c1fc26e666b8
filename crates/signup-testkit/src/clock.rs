//! A clock that a test can move.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use signup_core::time::{Clock, SystemClock, Timestamp};

/// Starts at the present and stands still until it is advanced, unless it was made [running](TestClock::running).
#[derive(Debug)]
pub struct TestClock {
    /// Milliseconds since 1970, without those since `running_since`.
    time: AtomicI64,
    running_since: Option<Instant>,
}

impl TestClock {
    /// A clock that goes on by itself, for what works beside processes with clocks of their own.
    #[must_use]
    pub fn running() -> Self {
        Self {
            running_since: Some(Instant::now()),
            ..Self::default()
        }
    }

    /// Moves the time on.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap();
        self.time.fetch_add(by, Ordering::SeqCst);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self {
            time: AtomicI64::new(SystemClock.now().as_millis()),
            running_since: None,
        }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let time = Timestamp::from_millis(self.time.load(Ordering::SeqCst));
        let ran = self.running_since.map(|since| since.elapsed());
        time.after(ran.unwrap_or_default())
    }
}
