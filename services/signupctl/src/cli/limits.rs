//! The commands about limits on sending codes.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use signup_core::time::Timestamp;

use crate::moment;

/// `signupctl limits`
#[derive(Debug, Subcommand)]
pub enum LimitsCommand {
    /// Report what limits refused, or would have refused
    #[command(after_help = "EXAMPLES
    signupctl limits report
    signupctl limits report --since 24h --application ciam/web
    signupctl limits report --json | jq '.[] | select(.scope == \"country\")'

With limits.mode = \"observe\" nothing is refused: the report tells what would have been. Running services add to it \
every second, counted by the hour; counts are kept for 90 days.")]
    Report(LimitsReportArgs),
    /// Show the limits of an application, and how much of its budgets is used
    #[command(after_help = "EXAMPLES
    signupctl limits show ciam/web
    signupctl limits show xdua/A3bdXNT3 --json")]
    Show {
        /// The application
        #[arg(value_name = "PROVIDER/ID")]
        application: String,
    },
}

/// `signupctl limits report`
#[derive(Args, Debug)]
pub struct LimitsReportArgs {
    /// From the hour of this time on
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = moment::parse)]
    pub since: Timestamp,
    /// Only of this application
    #[arg(long, value_name = "PROVIDER/ID", value_parser = NonEmptyStringValueParser::new())]
    pub application: Option<String>,
}
