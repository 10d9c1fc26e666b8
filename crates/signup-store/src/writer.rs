//! Group commit: writes that arrive while a commit is under way share the next one.
//!
//! A write that comes alone begins at once and waits for nothing. Under load a batch is what has queued up meanwhile, so
//! the busier it gets, the less a write costs. Nothing here knows what is written (see [`Write`]).

mod measures;
mod queue;

use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use prometheus::core::Collector;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::pool::Pool;
use measures::Measures;
use queue::{Batch, Queue, Waiting};

/// Something that can be written together with others of its kind.
pub(crate) trait Write: Send + 'static {
    /// What becomes of it in the database.
    type Outcome: Send + 'static;

    /// Names what one statement must not write twice, by hashes: of two that share one, the later waits for the next
    /// batch, so that it meets what the earlier has left.
    fn claims(&self) -> Vec<u64>;

    /// Writes all of them, all or nothing, one outcome for each.
    fn write_batch(
        connection: &mut AnyConnection,
        batch: &[Self],
    ) -> Result<Vec<Self::Outcome>, StoreError>
    where
        Self: Sized;

    /// Writes this one by itself.
    fn write_alone(&self, connection: &mut AnyConnection) -> Result<Self::Outcome, StoreError>;
}

/// Writes things of one kind, a batch at a time. Clones share the queue.
pub(crate) struct Writer<W: Write> {
    queue: Arc<Mutex<Queue<W>>>,
    pool: Pool,
    measures: Measures,
    /// Where it works: what a server's thread runs ends with that thread, and others may still wait for it.
    runtime: Option<Handle>,
}

impl<W: Write> Writer<W> {
    /// A writer that takes its connection from `pool`; its metrics call what it writes `what`. It works on the Tokio runtime that this is called in, which must
    /// live as long; else on the one of whoever comes first.
    ///
    /// # Errors
    /// The metrics cannot be made: a fault in this program.
    pub fn new(pool: Pool, what: &str) -> Result<Self, StoreError> {
        Ok(Self {
            queue: Arc::default(),
            pool,
            measures: Measures::new(what)?,
            runtime: Handle::try_current().ok(),
        })
    }

    /// What it measures, for a registry.
    pub fn collectors(&self) -> Vec<Box<dyn Collector>> {
        self.measures.collectors()
    }

    /// Writes `write`, and does not begin to after `deadline`. Dropping the future takes it back if it has not begun.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] at once when so many wait that it could not be written in time; otherwise see
    /// [`Write`].
    pub async fn write(&self, write: W, deadline: Instant) -> Result<W::Outcome, StoreError> {
        let (reply, outcome) = oneshot::channel();
        let now = Instant::now();
        let waiting = Waiting {
            claims: write.claims(),
            write,
            since: now,
            deadline,
            reply,
        };
        let is_idle = lock(&self.queue).push(waiting, now)?;
        if is_idle {
            let runtime = self.runtime.clone().unwrap_or_else(Handle::current);
            runtime.spawn(self.clone().work());
        }
        outcome
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the writer has stopped".to_owned())))
    }

    /// Writes until nothing waits.
    async fn work(self) {
        let mut abandon = Abandon(Some(&self.queue));
        loop {
            let began = Instant::now();
            let Some(batch) = lock(&self.queue).next(began) else {
                abandon.0 = None;
                return;
            };
            let Batch {
                writes,
                since,
                deadlines,
                replies,
            } = batch;
            let waits = since.into_iter().map(|since| began - since);
            self.measures.begun(waits);
            let statement_timeout = self.pool.statement_timeout();
            let written = self
                .pool
                .run(move |connection| {
                    write_all(connection, &writes, &deadlines, statement_timeout)
                })
                .await;
            let took = began.elapsed();
            lock(&self.queue).finished(took);
            self.measures.ended(took);
            // Somebody who has gone away wants no answer.
            match written {
                Ok(outcomes) => {
                    for (reply, outcome) in replies.into_iter().zip(outcomes) {
                        let _ = reply.send(outcome);
                    }
                }
                Err(error) => {
                    for reply in replies {
                        let _ = reply.send(Err(error.clone()));
                    }
                }
            }
        }
    }
}

/// Written out: a derived one would want `W` to be `Clone`.
impl<W: Write> Clone for Writer<W> {
    fn clone(&self) -> Self {
        Self {
            queue: Arc::clone(&self.queue),
            pool: self.pool.clone(),
            measures: self.measures.clone(),
            runtime: self.runtime.clone(),
        }
    }
}

/// When the work is cut off, because the runtime stops or something panics, nobody waits for it in vain.
struct Abandon<'a, W: Write>(Option<&'a Mutex<Queue<W>>>);

impl<W: Write> Drop for Abandon<'_, W> {
    fn drop(&mut self) {
        if let Some(queue) = self.0 {
            lock(queue).abandon();
        }
    }
}

/// All in one go; if the database refuses that, each by itself, so that a bad one fails alone. None is begun after its
/// deadline, and no further one after one that ran out of time.
///
/// # Errors
/// The database is unavailable. This is an error of all of them, so that the connection is looked at before it is used
/// again.
fn write_all<W: Write>(
    connection: &mut AnyConnection,
    writes: &[W],
    deadlines: &[Instant],
    statement_timeout: Duration,
) -> Result<Vec<Result<W::Outcome, StoreError>>, StoreError> {
    let begun = Instant::now();
    let outcomes = W::write_batch(connection, writes);
    match outcomes.map_err(|error| error.after(begun.elapsed(), statement_timeout)) {
        Ok(outcomes) => return Ok(outcomes.into_iter().map(Ok).collect()),
        Err(outage @ StoreError::Unavailable(_)) => return Err(outage),
        Err(_) => {}
    }
    let mut outage = None;
    let mut outcomes = Vec::with_capacity(writes.len());
    for (write, deadline) in writes.iter().zip(deadlines) {
        let begun = Instant::now();
        let outcome = match &outage {
            Some(error) => Err(StoreError::clone(error)),
            None if begun >= *deadline => Err(StoreError::Overloaded),
            None => write
                .write_alone(connection)
                .map_err(|error| error.after(begun.elapsed(), statement_timeout)),
        };
        if let Err(error @ StoreError::Unavailable(_)) = &outcome {
            outage = Some(error.clone());
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// A claim on what `value` names. Two values with one hash only wait for each other without need.
pub(crate) fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn lock<W: Write>(queue: &Mutex<Queue<W>>) -> MutexGuard<'_, Queue<W>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
