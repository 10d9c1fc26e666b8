//! The commands that read the outbox and send events out again.

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser};
use clap::{Args, Subcommand};
use signup_core::event::EventType;
use signup_core::time::Timestamp;

use crate::{moment, providers};

/// `signupctl events`
#[derive(Debug, Subcommand)]
pub enum EventsCommand {
    /// List events, the oldest first
    #[command(after_help = "EXAMPLES
    signupctl events list
    signupctl events list --since 2h --type user.created --provider ciam
    signupctl events list --since 2026-03-01T00:00:00Z --until 2026-03-02T00:00:00Z --json --reveal
    signupctl events list --since 7d --waiting

Published events stay as long as bus.retention says.")]
    List(EventsListArgs),
    /// Print events as they are written, until Ctrl-C or the end of what reads them (| head)
    #[command(after_help = "EXAMPLES
    signupctl events tail
    signupctl events tail --type user.created --json --reveal | jq .envelope")]
    Tail(EventsTailArgs),
    /// Send published events out again, with the same ids
    #[command(after_help = "EXAMPLES
    signupctl events replay --since 24h --dry-run
    signupctl events replay --since 24h --type user.created --queue crm.sign-ups
    signupctl events replay --since 7d --subject u10234

Without --queue the events wait in the outbox again and go to everybody who is bound to them; consumers recognise \
what they have by its id. With --queue only that queue gets them, at once.")]
    Replay(EventsReplayArgs),
}

/// Which events.
#[derive(Args, Debug)]
pub struct EventChoice {
    /// Only of this type: user.created, otp.requested, or the whole CloudEvents type; may be given more than once
    #[arg(long = "type", value_name = "TYPE", value_parser = event_type)]
    pub types: Vec<EventType>,
    /// Only of this provider
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(providers::names()))]
    pub provider: Option<String>,
    /// Only about this user (the public id) or challenge
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub subject: Option<String>,
}

/// `signupctl events list`
#[derive(Args, Debug)]
pub struct EventsListArgs {
    #[command(flatten)]
    pub choice: EventChoice,
    /// From this time on: how long ago (30m, 24h, 7d), or RFC 3339
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = moment::parse)]
    pub since: Timestamp,
    /// Up to this time: how long ago, or RFC 3339; until now if it is left out
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    pub until: Option<Timestamp>,
    /// Only what is not published yet
    #[arg(long)]
    pub waiting: bool,
    /// At most this many
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    pub limit: usize,
    /// With --json: include the whole envelopes, which hold personal data
    #[arg(long, requires = "json")]
    pub reveal: bool,
}

/// `signupctl events tail`
#[derive(Args, Debug)]
pub struct EventsTailArgs {
    #[command(flatten)]
    pub choice: EventChoice,
    /// With --json: include the whole envelopes, which hold personal data
    #[arg(long, requires = "json")]
    pub reveal: bool,
}

/// `signupctl events replay`
#[derive(Args, Debug)]
pub struct EventsReplayArgs {
    #[command(flatten)]
    pub choice: EventChoice,
    /// From this time on: how long ago (30m, 24h, 7d), or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    pub since: Timestamp,
    /// Up to this time: how long ago, or RFC 3339; until now if it is left out
    #[arg(long, value_name = "TIME", value_parser = moment::parse)]
    pub until: Option<Timestamp>,
    /// Give them to this queue of the broker only
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub queue: Option<String>,
    /// Only say how many there are; send nothing
    #[arg(long)]
    pub dry_run: bool,
}

fn event_type(text: &str) -> Result<EventType, String> {
    EventType::ALL
        .into_iter()
        .find(|known| text == known.as_str() || text == short(*known))
        .ok_or_else(|| {
            let known: Vec<&str> = EventType::ALL.into_iter().map(short).collect();
            format!("expected one of {}", known.join(", "))
        })
}

/// `signup.user.created.v1` as people type it: `user.created`.
fn short(event_type: EventType) -> &'static str {
    event_type
        .as_str()
        .trim_start_matches("signup.")
        .trim_end_matches(".v1")
}
