//! The worker: turns events into messages to people, and calls webhooks.
//!
//! It takes events from the bus that the settings name: from RabbitMQ, where any number of workers share the queues, or
//! from the outbox itself where there is no broker. What it makes of an event is the same for both, and lives in
//! `signup-notify`; the ways out to people are its own [`channel`]s.

pub mod channel;
mod events;
mod health;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use signup_app::App;
use signup_core::code::Channel;
use signup_http::{Stop, run_with};
use signup_notify::Sender;

use crate::channel::{ChannelSettings, Channels};

pub use health::PROCESS;

/// Runs the worker as its command line says, until SIGTERM or Ctrl-C. Then it takes no more events, deals with those in
/// hand, and ends.
///
/// The exit status is 0 after a graceful stop, 1 when the worker cannot start or its health check fails, and 2 when the
/// command line or the configuration is faulty.
pub fn run() -> ExitCode {
    run_with(&PROCESS, ChannelSettings::read, start)
}

async fn start(app: &Arc<App>, settings: ChannelSettings) -> anyhow::Result<Stop> {
    let channels = Channels::open(&settings, &app.clock, &app.metrics.registry)
        .context("the channels cannot be opened")?;
    for channel in [Channel::Email, Channel::Sms] {
        if settings.providers_of(channel).is_empty() {
            let name = channel.as_str();
            log::warn!(
                event = "channel.none";
                "worker.{name} names no provider: messages by {name} are tried for a while and then given up"
            );
        }
    }
    let sender: Arc<dyn Sender> = Arc::new(channels);
    Ok(events::start(app, sender))
}
