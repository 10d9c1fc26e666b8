//! `signupctl calibrate`, as data.

use std::time::Duration;

use clap::Args;

use crate::span;

/// `signupctl calibrate`
#[derive(Args, Debug)]
#[command(
    long_about = "Propose a bcrypt cost (hash.cost) for this machine.

Measures what a hash takes alone and with all hash threads at work, which is what people wait for when many sign up at \
once, and proposes the highest cost that still keeps to the target. Cheap costs are measured; of the dear ones, each takes \
twice as long as the one before, so they are computed, and the table says which. Takes a few seconds, needs no database, \
and changes nothing. Run it where the services will run, while nothing else is busy there.",
    after_help = "EXAMPLES
    signupctl calibrate
    signupctl calibrate --target 500ms --threads 4
    signupctl calibrate --json | jq .proposed_cost

The target is the time of one hash; a sign-up takes a little longer, and waits for a thread when many come at once."
)]
pub struct CalibrateArgs {
    /// The time that a hash may take, from 1ms to 60s
    #[arg(long, value_name = "TIME", default_value = "250ms", value_parser = target)]
    pub target: Duration,
    /// Threads that hash at the same time [default: those of hash.threads]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

/// Reads `250ms`, or what [`span::parse`] reads.
fn target(text: &str) -> Result<Duration, String> {
    let milliseconds = text.strip_suffix("ms").and_then(|text| text.parse().ok());
    milliseconds
        .map(Duration::from_millis)
        .or_else(|| span::parse(text).ok())
        .filter(|time| (Duration::from_millis(1)..=Duration::from_secs(60)).contains(time))
        .ok_or_else(|| {
            "expected a whole number and a unit, from 1ms to 60s: 250ms or 1s".to_owned()
        })
}
