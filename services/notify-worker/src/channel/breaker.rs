//! A circuit breaker: a provider that keeps failing is passed over for a while, so that codes do not wait for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus::IntGauge;
use signup_core::time::{Clock, Timestamp};

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// So many failures in a row open it, at least 1.
    pub failures: u32,
    /// How long an open one stays so before it lets one message through.
    pub pause: Duration,
}

/// The breaker of one provider.
pub(crate) struct Breaker {
    settings: BreakerSettings,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    gauge: IntGauge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Everything passes; so many failures in a row were seen.
    Closed { failures: u32 },
    /// Nothing passes until then.
    Open { until: Timestamp },
    /// One message is on its way to find out; nothing else passes.
    Probing,
}

impl State {
    /// As `signup_channel_breaker_state` shows it.
    const fn as_gauge(self) -> i64 {
        match self {
            Self::Closed { .. } => 0,
            Self::Probing => 1,
            Self::Open { .. } => 2,
        }
    }
}

impl Breaker {
    /// A closed one that shows its state in `gauge`: 0 closed, 1 probing, 2 open.
    pub(crate) fn new(settings: BreakerSettings, clock: Arc<dyn Clock>, gauge: IntGauge) -> Self {
        let state = State::Closed { failures: 0 };
        gauge.set(state.as_gauge());
        Self {
            settings,
            clock,
            state: Mutex::new(state),
            gauge,
        }
    }

    /// Leave to try the provider; `None` while it is passed over.
    pub(crate) fn permit(&self) -> Option<Permit<'_>> {
        let mut state = self.lock();
        let is_probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } if self.clock.now() >= until => {
                self.set(&mut state, State::Probing);
                true
            }
            State::Open { .. } | State::Probing => return None,
        };
        Some(Permit {
            breaker: self,
            is_probe,
            settled: false,
        })
    }

    fn set(&self, state: &mut State, new: State) {
        *state = new;
        self.gauge.set(new.as_gauge());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to try a provider once. One that is dropped without a word (the task was cancelled) proves nothing: a probe
/// is then anybody's again.
pub(crate) struct Permit<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
    settled: bool,
}

impl Permit<'_> {
    /// The provider works.
    pub(crate) fn succeeded(mut self) {
        self.settled = true;
        let mut state = self.breaker.lock();
        // A success that began before the breaker opened says nothing about now.
        if self.is_probe || matches!(*state, State::Closed { .. }) {
            self.breaker.set(&mut state, State::Closed { failures: 0 });
        }
    }

    /// The provider does not work.
    pub(crate) fn failed(mut self) {
        self.settled = true;
        let breaker = self.breaker;
        let mut state = breaker.lock();
        let until = breaker.clock.now().after(breaker.settings.pause);
        let new = match *state {
            State::Closed { failures } if failures + 1 < breaker.settings.failures => {
                State::Closed {
                    failures: failures + 1,
                }
            }
            State::Closed { .. } => State::Open { until },
            State::Probing if self.is_probe => State::Open { until },
            State::Probing | State::Open { .. } => return,
        };
        breaker.set(&mut state, new);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.is_probe && !self.settled {
            let mut state = self.breaker.lock();
            let until = self.breaker.clock.now();
            self.breaker.set(&mut state, State::Open { until });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use signup_testkit::TestClock;

    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);

    fn breaker() -> (Breaker, Arc<TestClock>, IntGauge) {
        let clock = Arc::new(TestClock::default());
        let gauge = IntGauge::new("state", "state").unwrap();
        let settings = BreakerSettings {
            failures: 3,
            pause: PAUSE,
        };
        let breaker = Breaker::new(settings, Arc::clone(&clock) as _, gauge.clone());
        (breaker, clock, gauge)
    }

    fn fail(breaker: &Breaker, times: u32) {
        for _ in 0..times {
            breaker.permit().unwrap().failed();
        }
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_them_does_not() {
        let (breaker, _, gauge) = breaker();
        fail(&breaker, 2);
        breaker.permit().unwrap().succeeded();
        fail(&breaker, 2);
        assert_eq!(gauge.get(), 0);

        fail(&breaker, 1);
        assert!(breaker.permit().is_none());
        assert_eq!(gauge.get(), 2);
    }

    #[test]
    fn after_the_pause_one_message_finds_out() {
        let (breaker, clock, gauge) = breaker();
        fail(&breaker, 3);
        clock.advance(PAUSE - Duration::from_millis(1));
        assert!(breaker.permit().is_none());
        clock.advance(Duration::from_millis(1));

        let probe = breaker.permit().unwrap();
        assert!(breaker.permit().is_none());
        assert_eq!(gauge.get(), 1);
        probe.failed();
        assert!(breaker.permit().is_none());

        clock.advance(PAUSE);
        breaker.permit().unwrap().succeeded();
        assert_eq!(gauge.get(), 0);
        fail(&breaker, 2);
        assert!(breaker.permit().is_some());
    }

    #[test]
    fn a_probe_that_is_cancelled_is_anybodys_again() {
        let (breaker, clock, _) = breaker();
        fail(&breaker, 3);
        clock.advance(PAUSE);
        drop(breaker.permit().unwrap());
        assert!(breaker.permit().is_some());
    }

    #[test]
    fn what_began_before_it_opened_neither_closes_it_nor_prolongs_the_pause() {
        let (breaker, clock, gauge) = breaker();
        let [late_success, late_failure] = [(); 2].map(|()| breaker.permit().unwrap());
        fail(&breaker, 3);
        clock.advance(PAUSE / 2);
        late_success.succeeded();
        late_failure.failed();
        assert_eq!(gauge.get(), 2);
        clock.advance(PAUSE / 2);
        assert!(breaker.permit().is_some());
    }
}
