//! The commands about messages that the worker gave up.

use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, Subcommand};

use crate::span;

/// `signupctl dead`
#[derive(Debug, Subcommand)]
pub enum DeadCommand {
    /// List what the worker gave up, the oldest first
    #[command(after_help = "EXAMPLES
    signupctl dead list
    signupctl dead list --json | jq -r '.[].problem' | sort | uniq -c")]
    List {
        /// At most this many
        #[arg(long, value_name = "COUNT", default_value_t = 100)]
        limit: usize,
    },
    /// Show one of them
    #[command(after_help = "EXAMPLES
    signupctl dead show 0192a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b
    signupctl dead show 0192a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b --reveal")]
    Show {
        /// The event's id
        #[arg(value_name = "EVENT_ID")]
        id: String,
        /// Show the whole event, which holds personal data
        #[arg(long)]
        reveal: bool,
    },
    /// Give them to the worker again, with the same ids and all attempts
    #[command(after_help = "EXAMPLES
    signupctl dead redrive 0192a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b
    signupctl dead redrive --problem \"no provider\" --dry-run
    signupctl dead redrive --all

What was delivered already is not sent again, and neither is a code that has expired.")]
    Redrive(DeadChoice),
    /// Remove them for good
    #[command(after_help = "EXAMPLES
    signupctl dead drop 0192a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b
    signupctl dead drop --older-than 30d --dry-run
    signupctl dead drop --all

The event itself stays in the outbox as long as bus.retention says: `signupctl events replay` sends it out again.")]
    Drop(DeadChoice),
}

/// Which of them.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("which").required(true).multiple(true).args(["ids", "all", "problem", "older_than"]))]
pub struct DeadChoice {
    /// Events' ids
    #[arg(value_name = "EVENT_ID")]
    pub ids: Vec<String>,
    /// All of them
    #[arg(long, conflicts_with_all = ["ids", "problem", "older_than"])]
    pub all: bool,
    /// Those whose problem holds this text
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub problem: Option<String>,
    /// Those that were given up longer ago than this: 24h, 30d
    #[arg(long, value_name = "TIME", value_parser = span::parse)]
    pub older_than: Option<Duration>,
    /// Only say which; change nothing
    #[arg(long)]
    pub dry_run: bool,
}
