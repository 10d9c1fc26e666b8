//! The embedded default: everything in the service's own process, and messages shown instead of sent.

use std::sync::Arc;

use signup_app::App;

use crate::in_process::InProcess;
use crate::inbox::Inbox;
use crate::local::LocalSender;

/// The running parts of the embedded default.
pub struct Embedded {
    /// What was sent.
    pub inbox: Inbox,
    work: InProcess,
}

/// Starts relays from the outbox to a bus in this process, and a worker that keeps messages in an inbox and, if
/// `terminal`, shows them on standard output. They go on until they are [stopped](Embedded::stop): after the last
/// request was answered, so that what it has written still goes out.
///
/// # Panics
/// Outside a Tokio runtime.
pub fn start_embedded(app: &Arc<App>, terminal: bool) -> Embedded {
    let inbox = Inbox::new();
    let sender = Arc::new(LocalSender::new(inbox.clone(), terminal));
    Embedded {
        inbox,
        work: InProcess::start(app, sender),
    }
}

impl Embedded {
    /// Prints one line per event to standard output from now on.
    pub fn tail(&mut self) {
        self.work.tail();
    }

    /// Lets the relays empty the outbox once more, and waits until every message of it was dealt with.
    pub async fn stop(self) {
        self.work.stop().await;
    }
}
