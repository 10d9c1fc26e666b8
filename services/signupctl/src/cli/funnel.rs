//! The command about the sign-up funnel.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use signup_core::code::Channel;
use signup_core::time::Timestamp;

use crate::moment;

/// `signupctl funnel`
#[derive(Args, Debug)]
#[command(
    long_about = "See how far people come, from the code they ask for to the sign-up, and where they stop.

Codes asked for, sent (a provider took them), entered right, and the users who used them, counted when they happen. A span of \
time is marked with a step that clearly fewer people took than in the 24 spans before: with at least 20 tries in it and 100 \
before it, the share is smaller by a tenth or more, and by more than chance explains (Wilson score intervals at three standard \
deviations do not meet). Spans are judged when their codes have ended.

Running services add to it every second, whatever trace.decisions says; counts are kept for 90 days.",
    after_help = "EXAMPLES
    signupctl funnel
    signupctl funnel --application ciam/web --since 4h
    signupctl funnel --since 7d --by country --channel sms
    signupctl funnel --since 30d --by application --json | jq '.lines[] | {group, total}'"
)]
pub struct FunnelArgs {
    /// From this time on: how long ago (30m, 24h, 7d), or RFC 3339; 90 days ago at the most
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = moment::parse)]
    pub since: Timestamp,
    /// Up to this time; until now if it is left out
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    pub until: Option<Timestamp>,
    /// Only of this application
    #[arg(long, value_name = "PROVIDER/ID", value_parser = NonEmptyStringValueParser::new())]
    pub application: Option<String>,
    /// Only codes by this channel: sms or email
    #[arg(long, value_name = "CHANNEL", value_parser = channel)]
    pub channel: Option<Channel>,
    /// Only numbers with this calling code, such as 86
    #[arg(long, value_name = "CODE", value_parser = country)]
    pub country: Option<String>,
    /// Tell apart, each in one line
    #[arg(long, value_name = "PART")]
    pub by: Option<FunnelPart>,
}

/// What is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FunnelPart {
    /// Each application
    Application,
    /// Each channel
    Channel,
    /// Each country, by its calling code
    Country,
}

fn channel(text: &str) -> Result<Channel, String> {
    Channel::from_name(text).ok_or_else(|| "expected sms or email".to_owned())
}

fn country(text: &str) -> Result<String, String> {
    let code = text.trim_start_matches('+');
    let is_code = (1..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    is_code
        .then(|| code.to_owned())
        .ok_or_else(|| "expected a calling code such as 86 or +852".to_owned())
}
