//! What hashing takes on this machine, measured on threads like those of the pool.

use std::io;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use signup_core::password::Password;

#[cfg(doc)]
use crate::settings::HashSettings;

use super::{hash_whole, thread};

/// Hashes `rounds` passwords on each of so many threads at the same time, at the priority that
/// `nice` says (see [`HashSettings::nice`]), and returns the median time of one hash. Blocks meanwhile.
///
/// # Errors
/// When the system gives no threads or no random numbers, or bcrypt knows no such cost.
pub fn median_time(cost: u32, threads: usize, nice: i32, rounds: usize) -> io::Result<Duration> {
    let together = Arc::new(Barrier::new(threads));
    let mut running = Vec::new();
    for number in 0..threads {
        let together = Arc::clone(&together);
        running.push(thread::spawn(number, nice, move || {
            together.wait();
            times(cost, rounds)
        })?);
    }
    let mut all = Vec::new();
    for thread in running {
        let times = thread.join();
        all.extend(times.unwrap_or_else(|_| Err(io::Error::other("a hash thread has panicked")))?);
    }
    all.sort_unstable();
    Ok(all.get(all.len() / 2).copied().unwrap_or_default())
}

fn times(cost: u32, rounds: usize) -> io::Result<Vec<Duration>> {
    let password = Password::new("calibration".to_owned()).map_err(io::Error::other)?;
    (0..rounds)
        .map(|_| {
            let started = Instant::now();
            hash_whole(&password, cost, None).map_err(io::Error::other)?;
            Ok(started.elapsed())
        })
        .collect()
}
