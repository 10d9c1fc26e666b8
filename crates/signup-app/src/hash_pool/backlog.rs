//! The queue in front of the hash threads, and the estimate that decides who may join it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use signup_core::password::Password;
use tokio::sync::oneshot;

use signup_core::user::PasswordHash;

use super::HashError;

/// One password that waits to be hashed.
pub(super) struct Job {
    pub(super) password: Password,
    pub(super) cost: u32,
    pub(super) deadline: Instant,
    pub(super) reply: oneshot::Sender<Result<PasswordHash, HashError>>,
}

impl Job {
    /// bcrypt's work doubles with each step of the cost; counting in units lets one average serve
    /// applications with different costs.
    fn units(&self) -> u64 {
        units(self.cost)
    }
}

fn units(cost: u32) -> u64 {
    1 << cost.min(31)
}

pub(super) struct Backlog {
    capacity: usize,
    threads: u64,
    state: Mutex<State>,
    work_or_close: Condvar,
}

struct State {
    waiting: VecDeque<Job>,
    /// Units of the waiting and the running jobs.
    units: u64,
    /// Moving average of the time that one unit takes on one thread, in nanoseconds.
    unit_nanos: f64,
    closed: bool,
}

impl Backlog {
    pub(super) fn new(capacity: usize, threads: usize, time_per_unit: Duration) -> Self {
        Self {
            capacity,
            threads: threads as u64,
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                units: 0,
                unit_nanos: time_per_unit.as_nanos() as f64,
                closed: false,
            }),
            work_or_close: Condvar::new(),
        }
    }

    /// Takes the job when there is room and it can be ready in time.
    pub(super) fn push(&self, job: Job) -> Result<(), HashError> {
        let now = Instant::now();
        let mut state = self.lock();
        if state.closed {
            return Err(HashError::Stopped);
        }
        if self.refuses(&state, &job, now) {
            // Those that nobody waits for any more must not keep others out.
            state.forget_abandoned();
            if self.refuses(&state, &job, now) {
                return Err(self.busy(&state));
            }
        }
        state.units += job.units();
        state.waiting.push_back(job);
        drop(state);
        self.work_or_close.notify_one();
        Ok(())
    }

    /// Waits for the next job worth doing; `None` after [`close`](Self::close).
    pub(super) fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            match state.waiting.pop_front() {
                Some(job) if job.reply.is_closed() => state.units -= job.units(),
                Some(job) if job.deadline <= Instant::now() => {
                    state.units -= job.units();
                    // The caller may go away at any time; it would have been told no more than this.
                    let _ = job.reply.send(Err(self.busy(&state)));
                }
                Some(job) => return Some(job),
                None => {
                    state = self
                        .work_or_close
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Notes that a job returned by [`next`](Self::next) is done, and how long it took.
    pub(super) fn finished(&self, cost: u32, took: Duration) {
        /// Weight of a sample that is slower than the average: one stall is not a trend.
        const SLOWER: f64 = 0.125;
        /// Weight of one that is faster: a stall that is over is forgotten within a few hashes.
        const FASTER: f64 = 0.5;
        let units = units(cost);
        let sample = took.as_nanos() as f64 / units as f64;
        let mut state = self.lock();
        state.units = state.units.saturating_sub(units);
        let weight = if sample < state.unit_nanos {
            FASTER
        } else {
            SLOWER
        };
        state.unit_nanos += weight * (sample - state.unit_nanos);
    }

    /// Jobs that wait for a thread.
    pub(super) fn depth(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Ends the threads after their current job and drops the waiting ones.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.waiting.clear();
        drop(state);
        self.work_or_close.notify_all();
    }

    fn refuses(&self, state: &State, job: &Job, now: Instant) -> bool {
        // An idle pool takes any job, whatever the estimate: only a hash that is done can correct one that a pause of the
        // machine has spoilt.
        if state.units == 0 && job.deadline > now {
            return false;
        }
        let ready_in = self.wait(state) + state.time_of(job.units());
        state.waiting.len() >= self.capacity || now + ready_in > job.deadline
    }

    /// Time until all threads have worked off what is there now.
    fn wait(&self, state: &State) -> Duration {
        state.time_of(state.units / self.threads)
    }

    fn busy(&self, state: &State) -> HashError {
        // Half of the backlog gone is room enough for those who come back.
        let seconds = (self.wait(state) / 2).as_secs_f64().ceil().max(1.0);
        HashError::Busy {
            retry_after: Duration::from_secs(seconds as u64),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock; were it to, the counters would still be usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn time_of(&self, units: u64) -> Duration {
        Duration::from_nanos((units as f64 * self.unit_nanos) as u64)
    }

    fn forget_abandoned(&mut self) {
        let mut forgotten = 0;
        self.waiting.retain(|job| {
            let abandoned = job.reply.is_closed();
            if abandoned {
                forgotten += job.units();
            }
            !abandoned
        });
        self.units -= forgotten;
    }
}

impl std::fmt::Debug for Backlog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backlog")
            .field("depth", &self.depth())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
