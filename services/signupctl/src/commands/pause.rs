//! `signupctl pause`

use signup_app::shutdown::Shutdown;

/// Waits until it is told to stop. In a container it is the first process, which no signal ends that it does not handle.
///
/// # Errors
/// The system installs no signal handler.
pub async fn run() -> anyhow::Result<()> {
    Shutdown::on_signals()?.wait().await;
    Ok(())
}
