//! The commands that manage webhooks.

use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use signup_core::event::EventType;
use signup_core::time::Timestamp;
use signup_notify::webhook::EVENT_TYPES;

use crate::{moment, span};

/// `signupctl webhook`
#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// Have events posted to a URL
    Create(WebhookCreateArgs),
    /// List webhooks, and how they do
    #[command(after_help = "EXAMPLES
    signupctl webhook list
    signupctl webhook list --json | jq '.[] | select(.state == \"disabled\")'")]
    List,
    /// Show a webhook and its newest deliveries
    #[command(after_help = "EXAMPLES
    signupctl webhook show 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11")]
    Show {
        /// The webhook
        id: String,
    },
    /// Give a webhook a new signing secret
    #[command(after_help = "EXAMPLES
    signupctl webhook rotate 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11
    signupctl webhook rotate 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11 --overlap 7d
    signupctl webhook rotate 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11 --overlap 0s

Until the overlap is over every call carries a signature of both secrets, so the receiver can change at any moment.")]
    Rotate {
        /// The webhook
        id: String,
        /// How long the old secret signs as well: 30s, 15m, 24h, 7d
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = span::parse)]
        overlap: Duration,
    },
    /// Stop calling a webhook
    #[command(after_help = "EXAMPLES
    signupctl webhook pause 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11

What waits for it goes on waiting. New events are not queued; replay them after `signupctl webhook resume`.")]
    Pause {
        /// The webhook
        id: String,
    },
    /// Call a webhook again that was paused, or switched off because it failed
    #[command(after_help = "EXAMPLES
    signupctl webhook resume 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11")]
    Resume {
        /// The webhook
        id: String,
    },
    /// Remove a webhook and the record of its deliveries
    #[command(after_help = "EXAMPLES
    signupctl webhook delete 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11")]
    Delete {
        /// The webhook
        id: String,
    },
    /// List deliveries of a webhook, the newest first
    #[command(after_help = "EXAMPLES
    signupctl webhook deliveries 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11
    signupctl webhook deliveries 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11 --failed --limit 500 --json")]
    Deliveries {
        /// The webhook
        id: String,
        /// Only those that were given up
        #[arg(long)]
        failed: bool,
        /// At most this many
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u32,
    },
    /// Deliver events again, or those from before the webhook was there
    Replay(WebhookReplayArgs),
    /// Post a signed test event now, and tell what came of it
    #[command(after_help = "EXAMPLES
    signupctl webhook test 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11

The event is of type signup.webhook.test.v1 and carries no data of a person. It goes out from here, so addresses are \
refused by the settings that this command reads. Exit status 1 if the answer is not 2xx.")]
    Test {
        /// The webhook
        id: String,
    },
}

/// `signupctl webhook create`
#[derive(Args, Debug)]
#[command(
    long_about = "Have events posted to a URL, signed as the Standard Webhooks specification says.

The secret is printed once; any of the specification's libraries verifies with it. Events go out from then on; earlier \
ones by `signupctl webhook replay`.",
    after_help = "EXAMPLES
    signupctl webhook create https://crm.example.com/hooks/sign-ups
    signupctl webhook create https://crm.example.com/hooks --application ciam/web --contact crm@example.com
    signupctl webhook create https://crm.example.com/hooks --provider xdua --event signup.user.created.v1

On this machine, beside `signupctl dev`:
    export SIGNUP__WEBHOOKS__ALLOW_HTTP=true SIGNUP__WEBHOOKS__ALLOW_NETWORKS=127.0.0.0/8,::1
    signupctl webhook create http://127.0.0.1:9000/hook"
)]
pub struct WebhookCreateArgs {
    /// Where events are posted
    pub url: String,
    /// Only events of this type; may be given more than once
    #[arg(long = "event", value_name = "TYPE", value_parser = event_parser())]
    pub events: Vec<EventType>,
    /// Only events of this provider
    #[arg(long, conflicts_with = "application")]
    pub provider: Option<String>,
    /// Only events of this application
    #[arg(long, value_name = "PROVIDER/ID")]
    pub application: Option<String>,
    /// E-mail address of who is told when the webhook is switched off because it fails
    #[arg(long, value_name = "MAIL")]
    pub contact: Option<String>,
}

/// `signupctl webhook replay`
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLES
    signupctl webhook replay 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11 --failed
    signupctl webhook replay 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11 --since 7d
    signupctl webhook replay 01997e2a-4d61-7a0e-9c7b-2f4f6d1f6c11 --event-id 01997e2c-0d5c-7f10-8a3e-5b1d0f6e2a90

Events keep their webhook-id, so a receiver recognises what it has. Events that the outbox does not have any more \
(bus.retention) cannot be delivered.")]
pub struct WebhookReplayArgs {
    /// The webhook
    pub id: String,
    /// Events from this time on: how long ago (30m, 24h, 7d), or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = moment::parse, required_unless_present_any = ["event_id", "failed"])]
    pub since: Option<Timestamp>,
    /// Only this event
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub event_id: Option<String>,
    /// Only what was given up
    #[arg(long)]
    pub failed: bool,
}

fn event_parser() -> impl clap::builder::TypedValueParser<Value = EventType> {
    use clap::builder::TypedValueParser as _;

    clap::builder::PossibleValuesParser::new(EVENT_TYPES.map(EventType::as_str)).try_map(|name| {
        EVENT_TYPES
            .into_iter()
            .find(|known| known.as_str() == name)
            .ok_or("unknown")
    })
}
