//! Channels: how messages get to people.
//!
//! A channel (e-mail, SMS) has providers that are tried in the order of `worker.email` and `worker.sms` while the message
//! is alive. Each has a circuit breaker, so that nobody waits for one that is down. Who answers nothing may have sent the
//! message, so nobody else is asked then.
//!
//! Every kind of provider is one file: `smtp`, the SMS vendors `tencent`, `aliyun` and `twilio`, and `http` for anything
//! else. None of them is named below `crates/`.

mod aliyun;
mod breaker;
mod failover;
mod http;
mod provider;
mod registered;
mod request;
mod section;
mod settings;
mod signing;
mod smtp;
mod smtp_connection;
mod tencent;
mod twilio;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};
use signup_core::code::Channel;
use signup_core::time::Clock;
use signup_notify::{Message, SendError, Sender, Sent};

use self::breaker::Breaker;
use self::failover::{Failover, Route};
use self::provider::ChannelProvider;
use self::settings::{KindSettings, ProviderSettings, setting_of};

pub use self::breaker::BreakerSettings;
pub use self::settings::ChannelSettings;

/// Sections of a settings file, TOML: one channel provider of each kind with every key it knows, and what each means.
pub const EXAMPLE: &str = include_str!("../../config/channels.toml");

/// Both channels behind one [`Sender`]. Must be used inside a Tokio runtime.
pub struct Channels {
    email: Failover,
    sms: Failover,
}

/// Why the channels cannot be opened although their settings are good.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// A metric is registered twice, a fault in this program.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The system's certificates cannot be used, for example.
    #[error("channel.{name}: TLS cannot be set up: {problem}")]
    Tls {
        /// The provider.
        name: String,
        /// What the TLS library said.
        problem: String,
    },
}

impl Channels {
    /// Opens the providers that the settings name; connects to none of them yet. Registers
    /// `signup_channel_attempts_total{sender,outcome}` and `signup_channel_breaker_state{sender}` (0 closed, 1 probing,
    /// 2 open).
    ///
    /// # Errors
    /// See [`ChannelError`].
    pub fn open(
        settings: &ChannelSettings,
        clock: &Arc<dyn Clock>,
        registry: &Registry,
    ) -> Result<Self, ChannelError> {
        let attempts = IntCounterVec::new(
            Opts::new(
                "signup_channel_attempts_total",
                "Messages handed to a channel provider, by what it made of them.",
            ),
            &["sender", "outcome"],
        )?;
        registry.register(Box::new(attempts.clone()))?;
        let breakers = IntGaugeVec::new(
            Opts::new(
                "signup_channel_breaker_state",
                "Circuit breakers of channel providers: 0 closed, 1 probing, 2 open.",
            ),
            &["sender"],
        )?;
        registry.register(Box::new(breakers.clone()))?;
        let mut routes = BTreeMap::new();
        for name in settings.email.iter().chain(&settings.sms) {
            if let Some(provider) = settings.providers.get(name)
                && !routes.contains_key(name)
            {
                let route = open_route(name, provider, clock, &breakers)?;
                routes.insert(name, Arc::new(route));
            }
        }
        let chain = |channel| {
            let names = settings.providers_of(channel).iter();
            Failover::new(
                setting_of(channel),
                names.filter_map(|name| routes.get(name).cloned()).collect(),
                Arc::clone(clock),
                attempts.clone(),
            )
        };
        Ok(Self {
            email: chain(Channel::Email),
            sms: chain(Channel::Sms),
        })
    }
}

#[async_trait]
impl Sender for Channels {
    async fn send(&self, message: &Message) -> Result<Sent, SendError> {
        match message.channel {
            Channel::Email => self.email.send(message).await,
            Channel::Sms => self.sms.send(message).await,
        }
    }
}

fn open_route(
    name: &str,
    settings: &ProviderSettings,
    clock: &Arc<dyn Clock>,
    breakers: &IntGaugeVec,
) -> Result<Route, ChannelError> {
    let clock = || Arc::clone(clock);
    let provider: Result<Box<dyn ChannelProvider>, String> = match &settings.kind {
        KindSettings::Smtp(own) => Ok(Box::new(smtp::Smtp::new(own.clone()))),
        KindSettings::Tencent(own) => {
            tencent::Tencent::new(name, own.clone(), clock()).map(|one| Box::new(one) as _)
        }
        KindSettings::Aliyun(own) => {
            aliyun::Aliyun::new(name, own.clone(), clock()).map(|one| Box::new(one) as _)
        }
        KindSettings::Twilio(own) => twilio::Twilio::new(own.clone()).map(|one| Box::new(one) as _),
        KindSettings::Http(own) => {
            http::Hook::new(own.clone(), clock()).map(|one| Box::new(one) as _)
        }
    };
    Ok(Route {
        name: name.to_owned(),
        provider: provider.map_err(|problem| ChannelError::Tls {
            name: name.to_owned(),
            problem,
        })?,
        breaker: Breaker::new(
            settings.breaker,
            clock(),
            breakers.with_label_values(&[name]),
        ),
        timeout: settings.timeout,
    })
}
