//! What waits for the hash threads, and who may join it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use signup_core::password::Password;
use signup_core::user::PasswordHash;
use tokio::sync::oneshot;

use super::HashError;
use super::fair_queue::{FairQueue, Ticket};
use super::pace::{Pace, units};
use crate::metrics::{HashMetrics, HashRefusal};

/// A wait may turn out so many times as long as foreseen: the machine has other work to do, and applications that come
/// later take their turns. Under constant overload the queue is always as long as it may be, so that what is foreseen too
/// tightly comes true at the deadline, and not at once, as a refusal.
const SLACK: u32 = 2;

/// bcrypt's salt.
pub(super) type Salt = [u8; 16];

/// One password that is to be hashed.
pub(super) struct Job {
    pub(super) password: Password,
    pub(super) cost: u32,
    /// The salt of the hash that it is compared with; none for a hash with a new salt.
    pub(super) salt: Option<Salt>,
    pub(super) deadline: Instant,
    since: Instant,
    reply: oneshot::Sender<Result<PasswordHash, HashError>>,
}

impl Job {
    fn units(&self) -> u64 {
        units(self.cost)
    }

    /// Tells the caller, who may have gone away in the meantime.
    pub(super) fn answer(self, result: Result<PasswordHash, HashError>) {
        let _ = self.reply.send(result);
    }
}

/// A caller's place in the queue. Dropping it gives the place up; a hash that has begun is finished for nobody.
pub(super) struct Place {
    backlog: Arc<Backlog>,
    ticket: Ticket,
    units: u64,
    deadline: Instant,
    answer: oneshot::Receiver<Result<PasswordHash, HashError>>,
}

impl Place {
    /// Waits for the hash, until the deadline: one that has begun may take any time, when the machine has other work for
    /// its cores.
    pub(super) async fn hashed(mut self) -> Result<PasswordHash, HashError> {
        let answer = tokio::time::timeout_at(self.deadline.into(), &mut self.answer).await;
        match answer {
            Ok(answer) => answer.unwrap_or(Err(HashError::Stopped)),
            // It may have come, or been refused, at the last moment.
            Err(_) => self.answer.try_recv().unwrap_or_else(|_| Err(self.late())),
        }
    }

    fn late(&self) -> HashError {
        let (backlog, whose) = (&self.backlog, self.ticket.application());
        backlog.refuse(&backlog.lock(), whose, self.units, HashRefusal::Expired)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.backlog.withdraw(&self.ticket);
    }
}

pub(super) struct Backlog {
    capacity: usize,
    threads: u64,
    metrics: HashMetrics,
    state: Mutex<State>,
    work_or_close: Condvar,
}

struct State {
    waiting: FairQueue<Job>,
    /// Units of the jobs that threads are at.
    running: u64,
    pace: Pace,
    closed: bool,
}

impl Backlog {
    pub(super) fn new(capacity: usize, threads: usize, pace: Pace, metrics: HashMetrics) -> Self {
        Self {
            capacity,
            threads: threads as u64,
            metrics,
            state: Mutex::new(State {
                waiting: FairQueue::new(),
                running: 0,
                pace,
                closed: false,
            }),
            work_or_close: Condvar::new(),
        }
    }

    /// Takes the password when it can be hashed in time and there is room, or room can be made.
    pub(super) fn push(
        self: &Arc<Self>,
        application: &str,
        password: Password,
        cost: u32,
        salt: Option<Salt>,
        deadline: Instant,
    ) -> Result<Place, HashError> {
        let since = Instant::now();
        let units = units(cost);
        let mut state = self.lock();
        self.check(&state, application, units, deadline, since)?;
        if state.waiting.len() >= self.capacity {
            let Some((whose, displaced)) = state.waiting.displace_for(application) else {
                return Err(self.refuse(&state, application, units, HashRefusal::QueueFull));
            };
            let busy = self.refuse(&state, &whose, displaced.units(), HashRefusal::Displaced);
            displaced.answer(Err(busy));
        }
        let (reply, answer) = oneshot::channel();
        let job = Job {
            password,
            cost,
            salt,
            deadline,
            since,
            reply,
        };
        let ticket = state.waiting.push(application, units, job);
        self.metrics.waiting(state.waiting.len());
        drop(state);
        self.work_or_close.notify_one();
        Ok(Place {
            backlog: Arc::clone(self),
            ticket,
            units,
            deadline,
            answer,
        })
    }

    /// Fails if a password that came now would be refused for lack of time.
    pub(super) fn foresee(
        &self,
        application: &str,
        cost: u32,
        deadline: Instant,
    ) -> Result<(), HashError> {
        let now = Instant::now();
        self.check(&self.lock(), application, units(cost), deadline, now)
    }

    fn check(
        &self,
        state: &State,
        application: &str,
        units: u64,
        deadline: Instant,
        now: Instant,
    ) -> Result<(), HashError> {
        if state.closed {
            return Err(HashError::Stopped);
        }
        let left = deadline.saturating_duration_since(now);
        if !self.can_be_ready(state, application, units, left) {
            return Err(self.refuse(state, application, units, HashRefusal::Deadline));
        }
        Ok(())
    }

    /// Waits for the next job worth doing; `None` after [`close`](Self::close).
    pub(super) fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let now = Instant::now();
            match state.waiting.first() {
                Some((ticket, job)) if job.deadline <= now => {
                    if let Some(late) = state.waiting.withdraw(&ticket) {
                        self.metrics.waiting(state.waiting.len());
                        let (whose, units) = (ticket.application(), late.units());
                        let busy = self.refuse(&state, whose, units, HashRefusal::Expired);
                        late.answer(Err(busy));
                    }
                }
                Some(_) => {
                    let job = state.waiting.pop()?;
                    state.running += job.units();
                    self.metrics.waiting(state.waiting.len());
                    self.metrics.waited(now - job.since);
                    return Some(job);
                }
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
        self.metrics.hashed(cost, took);
        let mut state = self.lock();
        state.running = state.running.saturating_sub(units(cost));
        state.pace.observe(units(cost), took);
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
        self.metrics.waiting(0);
        drop(state);
        self.work_or_close.notify_all();
    }

    fn withdraw(&self, ticket: &Ticket) {
        let mut state = self.lock();
        if state.waiting.withdraw(ticket).is_some() {
            self.metrics.waiting(state.waiting.len());
        }
    }

    fn can_be_ready(&self, state: &State, application: &str, units: u64, left: Duration) -> bool {
        // An idle pool takes any job, whatever the estimate: only a hash that is done can correct one that a pause of the
        // machine has spoilt.
        if state.running == 0 && state.waiting.len() == 0 {
            return left > Duration::ZERO;
        }
        let left = left.saturating_sub(state.pace.time_of(units));
        let suffices = |wait: Duration| wait * SLACK <= left;
        // Whoever has time for everything that waits need not know its place.
        suffices(self.time_for(state, state.waiting.work()))
            || suffices(self.wait_of(state, application, units))
    }

    /// Time until a thread takes the job that this application adds now.
    fn wait_of(&self, state: &State, application: &str, units: u64) -> Duration {
        self.time_for(state, state.waiting.work_before(application, units))
    }

    /// Time until all threads have worked off what they are at and this much more.
    fn time_for(&self, state: &State, waiting: u64) -> Duration {
        state.pace.time_of((state.running + waiting) / self.threads)
    }

    fn refuse(
        &self,
        state: &State,
        application: &str,
        units: u64,
        reason: HashRefusal,
    ) -> HashError {
        self.metrics.refused(reason);
        // Half of what is before them gone is room enough for those who come back.
        let wait = self.wait_of(state, application, units) / 2;
        HashError::Busy {
            retry_after: Duration::from_secs(wait.as_secs_f64().ceil().max(1.0) as u64),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock; were it to, the counters would still be usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
