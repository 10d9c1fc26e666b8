//! bcrypt on a few threads of its own, with a bounded queue.
//!
//! A password that cannot be hashed before its caller's deadline is refused at once, so that ten times more sign-ups
//! than the processor can bear cost memory for `hash.queue` passwords and no more, and the refused ones learn it
//! immediately. Applications are served in turn, work for work: one that floods the pool waits for itself. The threads
//! yield the processor to those that answer requests.

mod backlog;
pub mod calibration;
mod fair_queue;
mod pace;
mod thread;

use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use bcrypt::{HashParts, Version};
use signup_core::password::{MAX_PASSWORD_BYTES, Password};
use signup_core::user::PasswordHash;

use crate::metrics::Metrics;
use crate::settings::HashSettings;

use self::backlog::{Backlog, Salt};
use self::pace::Pace;

/// Why a password was not hashed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The deadline cannot be met or was missed while waiting, or the queue is full of others with as good a claim.
    #[error("too many passwords are waiting to be hashed")]
    Busy {
        /// When it is worth trying again; whole seconds, at least one.
        retry_after: Duration,
    },
    /// The application asks for a cost that is not permitted.
    #[error("bcrypt cost {cost} is not permitted")]
    CostNotPermitted {
        /// The cost asked for.
        cost: u32,
    },
    /// The pool is shutting down.
    #[error("the hash pool has stopped")]
    Stopped,
    /// bcrypt refused: the password is longer than 72 bytes, or there were no random numbers.
    #[error("bcrypt failed: {0}")]
    Failed(String),
}

/// The threads that hash. Dropping the pool lets running hashes finish and refuses the waiting ones.
#[derive(Debug)]
pub struct HashPool {
    backlog: Arc<Backlog>,
    permitted_costs: RangeInclusive<u32>,
    threads: usize,
}

impl HashPool {
    /// Starts the threads. Warns in the log when costs are permitted that are only fit for tests.
    ///
    /// # Errors
    /// When the system gives no threads, or no random numbers.
    pub(crate) fn new(settings: &HashSettings, metrics: &Metrics) -> io::Result<Self> {
        if settings.allow_test_cost {
            log::warn!(
                event = "hash.test_cost", cost = settings.cost;
                "hash.allow_test_cost is on: passwords may be hashed too weakly for real users"
            );
        }
        let threads = settings.threads.max(1);
        let (pace, metrics) = (Pace::measure()?, metrics.hash.clone());
        let backlog = Arc::new(Backlog::new(settings.queue, threads, pace, metrics));
        let pool = Self {
            backlog: Arc::clone(&backlog),
            permitted_costs: settings.permitted_costs(),
            threads,
        };
        for number in 0..threads {
            let backlog = Arc::clone(&backlog);
            thread::spawn(number, settings.nice, move || work(&backlog))?;
        }
        Ok(pool)
    }

    /// Hashes `password` with a new salt. Dropping the future gives the place in the queue up. `application` (by
    /// convention `PROVIDER/ID`) says whose turn it takes.
    ///
    /// # Errors
    /// [`HashError::Busy`] at once when the hash could not be ready by `deadline`, or when there is no place. Later when
    /// another application has a better claim to the place, or when the deadline passed all the same.
    pub async fn hash(
        &self,
        application: &str,
        password: Password,
        cost: u32,
        deadline: Instant,
    ) -> Result<PasswordHash, HashError> {
        if !self.permitted_costs.contains(&cost) {
            return Err(HashError::CostNotPermitted { cost });
        }
        let backlog = &self.backlog;
        let place = backlog.push(application, password, cost, None, deadline)?;
        place.hashed().await
    }

    /// Whether `password` is the one that was hashed; costs what hashing it did, and takes its turn like
    /// [`hash`](Self::hash), as `application`.
    ///
    /// # Errors
    /// Those of [`hash`](Self::hash); [`HashError::Failed`] also when `hash` is not a bcrypt hash.
    pub async fn matches(
        &self,
        application: &str,
        password: Password,
        hash: &PasswordHash,
        deadline: Instant,
    ) -> Result<bool, HashError> {
        let failed = |error: bcrypt::BcryptError| HashError::Failed(error.to_string());
        let parts: HashParts = hash.as_str().parse().map_err(failed)?;
        let (cost, salt) = (parts.get_cost(), parts.get_salt_raw());
        let backlog = &self.backlog;
        let place = backlog.push(application, password, cost, Some(salt), deadline)?;
        let again: HashParts = place.hashed().await?.as_str().parse().map_err(failed)?;
        // The version in front may differ; what follows is one algorithm's.
        let text = |parts: &HashParts| parts.format_for_version(Version::TwoB);
        Ok(verify_slices_are_equal(text(&parts).as_bytes(), text(&again).as_bytes()).is_ok())
    }

    /// Fails as [`hash`](Self::hash) would at once for lack of time, before anything is spent on the request.
    ///
    /// # Errors
    /// [`HashError::Busy`] when a hash that was asked for now could not be ready by `deadline`.
    pub fn foresee(
        &self,
        application: &str,
        cost: u32,
        deadline: Instant,
    ) -> Result<(), HashError> {
        self.backlog.foresee(application, cost, deadline)
    }

    /// How many passwords are waiting for a thread.
    #[must_use]
    pub fn queue_depth(&self) -> usize {
        self.backlog.depth()
    }

    /// How many threads hash.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }
}

impl Drop for HashPool {
    fn drop(&mut self) {
        self.backlog.close();
    }
}

/// Whether `password` is the one that was hashed. Takes as long as hashing did and blocks: meant for
/// tests and the operator's tools.
///
/// # Errors
/// [`HashError::Failed`] when `hash` is not a bcrypt hash.
pub fn verify(password: &Password, hash: &PasswordHash) -> Result<bool, HashError> {
    let text = password.expose();
    match text.len() {
        MAX_PASSWORD_BYTES => bcrypt::verify(text, hash.as_str()),
        _ => bcrypt::non_truncating_verify(text, hash.as_str()),
    }
    .map_err(|error| HashError::Failed(error.to_string()))
}

/// Hashes with a new salt, and blocks: meant for the operator's tools, which have no pool.
///
/// # Errors
/// [`HashError::Failed`] when there are no random numbers.
pub fn hash(password: &Password, cost: u32) -> Result<PasswordHash, HashError> {
    hash_whole(password, cost, None)
}

/// The `non_truncating` functions want room for the NUL byte that bcrypt appends, and so refuse a
/// password of exactly 72 bytes, although all 72 would count. That one length takes the plain
/// functions, which leave out nothing but the NUL; any longer text still fails instead of being cut.
fn hash_whole(
    password: &Password,
    cost: u32,
    salt: Option<Salt>,
) -> Result<PasswordHash, HashError> {
    let text = password.expose();
    match (text.len(), salt) {
        (MAX_PASSWORD_BYTES, None) => bcrypt::hash(text, cost),
        (_, None) => bcrypt::non_truncating_hash(text, cost),
        (MAX_PASSWORD_BYTES, Some(salt)) => {
            bcrypt::hash_with_salt(text, cost, salt).map(|parts| parts.to_string())
        }
        (_, Some(salt)) => {
            bcrypt::non_truncating_hash_with_salt(text, cost, salt).map(|parts| parts.to_string())
        }
    }
    .map(PasswordHash::new)
    .map_err(|error| HashError::Failed(error.to_string()))
}

fn work(backlog: &Backlog) {
    while let Some(job) = backlog.next() {
        let started = Instant::now();
        let hash = hash_whole(&job.password, job.cost, job.salt);
        backlog.finished(job.cost, started.elapsed());
        job.answer(hash);
    }
}

#[cfg(test)]
mod tests;
