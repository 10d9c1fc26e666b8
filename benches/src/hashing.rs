//! The limit of sign-ups with passwords: bcrypt on all cores, and nothing else.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::client::PASSWORD;

/// The cost of the lines about passwords: the lowest that services permit, so that there is the least hashing to hide
/// behind.
pub const COST: u32 = 10;

/// `hash.nice` of the services as they are shipped. Hash threads take what others leave; so does the limit, or it would
/// be measured on a quieter machine than the services.
pub const NICE: i32 = 19;

#[derive(Debug, Serialize, Deserialize)]
struct Order {
    cost: u32,
    threads: usize,
    nice: i32,
    seconds: f64,
}

/// Hashes per second of the whole machine at [`COST`], measured for so long in a process of its own whose threads have
/// this nice value.
///
/// # Errors
/// The process fails.
pub fn ceiling(seconds: f64, nice: i32) -> anyhow::Result<f64> {
    let order = Order {
        cost: COST,
        threads: thread::available_parallelism()?.get(),
        nice,
        seconds,
    };
    let mut child = Command::new(std::env::current_exe()?)
        .arg("hash")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("the process that hashes does not start")?;
    if let Some(mut input) = child.stdin.take() {
        writeln!(input, "{}", serde_json::to_string(&order)?)?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("hashing failed (see above)");
    }
    let said = String::from_utf8(output.stdout)?;
    said.trim().parse().context("the process that hashes")
}

/// The whole life of a process that hashes: reads an order from standard input and prints hashes per second.
///
/// # Errors
/// The order cannot be read, or there are no random numbers.
pub fn run() -> anyhow::Result<()> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let order: Order = serde_json::from_str(&line).context("the order cannot be read")?;
    let per_second = thread::scope(|scope| {
        let threads: Vec<_> = (0..order.threads)
            .map(|_| scope.spawn(|| hash(&order)))
            .collect();
        let rates = threads.into_iter().map(|thread| match thread.join() {
            Ok(rate) => rate,
            Err(_) => bail!("a thread that hashes panicked"),
        });
        rates.sum::<anyhow::Result<f64>>()
    })?;
    println!("{per_second}");
    Ok(())
}

/// Hashes of one thread per second. The last one is finished and counts with its time, so that nothing is rounded.
fn hash(order: &Order) -> anyhow::Result<f64> {
    yield_to_others(order.nice)?;
    let end = Duration::from_secs_f64(order.seconds);
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < end {
        bcrypt::non_truncating_hash(PASSWORD, order.cost)?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

/// On Linux threads have nice values of their own, and there the services lower those of their hash threads.
#[cfg(target_os = "linux")]
fn yield_to_others(nice: i32) -> io::Result<()> {
    rustix::process::nice(nice)?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn yield_to_others(_nice: i32) -> io::Result<()> {
    Ok(())
}
