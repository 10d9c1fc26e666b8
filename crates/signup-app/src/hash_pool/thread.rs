//! A thread that hashes.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a hash thread, whose nice value is so much above the process's.
///
/// # Errors
/// When the system gives no more threads.
pub(super) fn spawn<T: Send + 'static>(
    number: usize,
    nice: i32,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    Builder::new()
        .name(format!("hash-{number}"))
        .spawn(move || {
            match yield_to_others(nice) {
                // What the system refuses to one it refuses to all.
                Err(error) if number == 0 => log::info!(
                    event = "hash.priority";
                    "hash threads compete with requests for the processor: hash.nice cannot be set ({error})"
                ),
                _ => {}
            }
            work()
        })
}

/// A thread that wakes up to answer a request shall have the processor at once, and not after the time slice of a thread
/// that hashes. Linux has a nice value per thread (setpriority(2)); elsewhere it is the whole process's, and lowering that
/// would help nobody.
#[cfg(target_os = "linux")]
fn yield_to_others(nice: i32) -> io::Result<()> {
    if nice > 0 {
        rustix::process::nice(nice)?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn yield_to_others(_nice: i32) -> io::Result<()> {
    Ok(())
}
