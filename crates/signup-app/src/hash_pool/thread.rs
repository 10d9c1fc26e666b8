//! A thread that hashes.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a hash thread that yields to the threads that answer requests.
///
/// # Errors
/// When the system gives no more threads.
pub(super) fn spawn<T: Send + 'static>(
    number: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    Builder::new()
        .name(format!("hash-{number}"))
        .spawn(move || {
            if let Err(error) = yield_to_others() {
                log::info!(
                    event = "hash.priority", thread = number;
                    "hash threads compete with requests for the processor: their priority cannot be lowered ({error})"
                );
            }
            work()
        })
}

/// A thread that wakes up to answer a request gets the processor at once instead of after the time slice of a thread that
/// hashes: one of a quarter of a second per password would otherwise be felt by everybody. At the lowest priority hashing
/// still has all the processor time that nobody else wants, which is nearly all: a request without a password takes well
/// below a millisecond of it. Should the others want everything, hashing slows down, the estimate follows, and sign-ups
/// with passwords are refused in time.
///
/// Linux has a nice value per thread (setpriority(2)); elsewhere it is the process's, and requests would suffer with it.
#[cfg(target_os = "linux")]
fn yield_to_others() -> io::Result<()> {
    const LOWEST: i32 = 19;
    rustix::process::setpriority_process(None, LOWEST)?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn yield_to_others() -> io::Result<()> {
    Ok(())
}
