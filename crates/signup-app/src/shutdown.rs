//! One signal that tells every part of a process to finish its work and stop.

use tokio::sync::watch;

/// A cloneable stop signal. All clones see the same state; once triggered it stays triggered.
#[derive(Clone, Debug)]
pub struct Shutdown {
    triggered: watch::Sender<bool>,
}

impl Shutdown {
    /// A signal that only [`trigger`](Self::trigger) raises.
    #[must_use]
    pub fn new() -> Self {
        Self {
            triggered: watch::Sender::new(false),
        }
    }

    /// A signal raised by SIGTERM or SIGINT (Ctrl-C). Call it inside a Tokio runtime.
    ///
    /// # Errors
    /// When the operating system refuses to install the handlers.
    pub fn on_signals() -> std::io::Result<Self> {
        let shutdown = Self::new();
        let raised = shutdown.clone();
        let signal = stop_signal()?;
        tokio::spawn(async move {
            let name = signal.await;
            log::info!(event = "shutdown.signal"; "{name} received, stopping");
            raised.trigger();
        });
        Ok(shutdown)
    }

    /// Raises the signal. Raising it again does nothing.
    pub fn trigger(&self) {
        self.triggered.send_replace(true);
    }

    /// Whether the signal was raised.
    #[must_use]
    pub fn is_triggered(&self) -> bool {
        *self.triggered.borrow()
    }

    /// Waits until the signal is raised; returns at once if it already was.
    pub async fn wait(&self) {
        // The sender lives in `self`, so the channel cannot close while this waits.
        let _ = self.triggered.subscribe().wait_for(|raised| *raised).await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

/// Installs the handlers now, so that a failure is reported to the caller and no early signal is lost.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = &'static str>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = &'static str>> {
    Ok(async {
        // Without a handler there is nothing left to wait for but the end of the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    })
}

#[cfg(test)]
mod tests {
    use super::Shutdown;

    #[tokio::test]
    async fn every_clone_that_waits_is_woken() {
        let shutdown = Shutdown::new();
        let waiting = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { shutdown.wait().await }
        });
        assert!(!shutdown.is_triggered());

        shutdown.clone().trigger();

        assert!(waiting.await.is_ok());
        assert!(shutdown.is_triggered());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn sigterm_raises_the_signal_instead_of_ending_the_process() {
        let shutdown = Shutdown::on_signals().expect("handlers");
        let own_id = std::process::id().to_string();
        let mut kill = std::process::Command::new("kill");
        kill.args(["-TERM", &own_id]);
        assert!(kill.status().is_ok_and(|status| status.success()));
        shutdown.wait().await;
    }

    #[tokio::test]
    async fn waiting_after_the_signal_returns_at_once() {
        let shutdown = Shutdown::new();
        shutdown.trigger();
        shutdown.trigger();
        shutdown.wait().await;
    }
}
