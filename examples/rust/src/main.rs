//! Takes new users from the sign-up services' events, each exactly once. See README.md.

mod event;
mod queue;
mod store;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::queue::Queue;
use crate::store::Store;

/// Takes new users from the sign-up services' events, each exactly once.
// No Debug: the URL holds a password.
#[derive(Parser)]
struct Arguments {
    /// The broker.
    #[arg(
        long,
        env,
        hide_env_values = true,
        default_value = "amqp://guest:guest@localhost:5672/%2f"
    )]
    amqp_url: String,
    /// Your own queue.
    #[arg(long, default_value = "example.rust")]
    queue: String,
    /// What goes into it.
    #[arg(long, default_value = "user.created.*")]
    binding: String,
    /// A SQLite file.
    #[arg(long, default_value = "sign-ups.db")]
    database: PathBuf,
    /// Messages under way at a time.
    #[arg(long, default_value_t = 50)]
    prefetch: u16,
    /// Stop after so many events.
    #[arg(long, value_name = "N")]
    once: Option<u64>,
}

/// SIGTERM and Ctrl-C. What arrives while nobody waits is not lost.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    async fn requested(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut store = Store::open(&arguments.database)?;
    let mut stop = Stop {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
    };
    let mut count = 0;
    let mut pause = Duration::from_secs(1);
    loop {
        let before = count;
        match consume(&arguments, &mut store, &mut stop, &mut count).await {
            Ok(()) => return Ok(()),
            // What was not acknowledged waits in the queue.
            Err(fault) => {
                pause = if count > before {
                    Duration::from_secs(1)
                } else {
                    pause
                };
                eprintln!("{fault}; trying again in {} s", pause.as_secs());
            }
        }
        tokio::select! {
            () = stop.requested() => return Ok(()),
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(Duration::from_secs(30)),
        }
    }
}

/// Takes messages until told to stop, or until `--once` is reached.
async fn consume(
    arguments: &Arguments,
    store: &mut Store,
    stop: &mut Stop,
    count: &mut u64,
) -> anyhow::Result<()> {
    let mut queue = tokio::select! {
        queue = Queue::open(arguments) => queue?,
        () = stop.requested() => return Ok(()),
    };
    eprintln!("waiting for events in {}", arguments.queue);
    while arguments.once.is_none_or(|limit| *count < limit) {
        // Only the wait is broken off: a message that was begun is finished.
        let delivery = tokio::select! {
            delivery = queue.next() => delivery?,
            () = stop.requested() => break,
        };
        *count += u64::from(queue.take(delivery, store).await?);
    }
    Ok(queue.close().await?)
}
