//! People who sign up, one after the other, on many lines at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::client::{Client, Flow};

/// How many people of each kind are under way at a time. Those who need a code mostly wait for it.
const LINES: [(Flow, usize); 5] = [
    (Flow::BytepowerName, 2),
    (Flow::BytepowerMail, 5),
    (Flow::XduaMail, 5),
    (Flow::CiamName, 2),
    (Flow::CiamMail, 5),
];

/// Shortest and longest pause between two people on a line, in milliseconds.
const GAP: (u64, u64) = (50, 400);

/// Load that goes on until it is told to finish.
pub struct Load {
    lines: JoinSet<()>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Opens the lines.
    pub fn start(client: &Client) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let numbers = Arc::new(AtomicUsize::new(0));
        let mut lines = JoinSet::new();
        for (flow, count) in LINES {
            for _ in 0..count {
                lines.spawn(line(
                    client.clone(),
                    flow,
                    Arc::clone(&numbers),
                    Arc::clone(&stop),
                ));
            }
        }
        Self { lines, stop }
    }

    /// Lets nobody begin any more, and waits until everybody is through or the time is over.
    pub async fn finish(mut self, limit: Duration) {
        self.stop.store(true, Ordering::Relaxed);
        // Who is not through by then is found in the ledger, under way.
        let _ = timeout(limit, async {
            while self.lines.join_next().await.is_some() {}
        })
        .await;
    }
}

async fn line(client: Client, flow: Flow, numbers: Arc<AtomicUsize>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        client.sign_up(flow, &identifier(flow, number)).await;
        let (least, most) = GAP;
        sleep(Duration::from_millis(rand::random_range(least..=most))).await;
    }
}

/// A name or address that nobody else has.
pub fn identifier(flow: Flow, number: usize) -> String {
    if flow.by_mail() {
        format!("t{number}@torture.example")
    } else {
        format!("t{number}")
    }
}
