//! Channels as settings describe them, and messages to send through them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notify_worker::channel::{ChannelSettings, Channels};
use prometheus::{Registry, TextEncoder};
use signup_app::settings::{Settings, SettingsError};
use signup_core::code::Channel;
use signup_core::messages::MessageKind;
use signup_core::time::Clock;
use signup_notify::{Message, Registered, SendError, Sender, Sent};
use signup_testkit::TestClock;
use tempfile::TempDir;

pub const PHONE: &str = "+8613800138000";
pub const EMAIL: &str = "alice@example.com";
pub const CODE: &str = "482913";
pub const VALID_FOR: Duration = Duration::from_secs(300);

/// Open channels with the clock that they go by.
pub struct Opened {
    pub channels: Channels,
    pub clock: Arc<TestClock>,
    registry: Registry,
}

/// Reads settings as the worker does.
pub fn read(toml: &str) -> Result<ChannelSettings, SettingsError> {
    read_with(toml, &[])
}

pub fn read_with(
    toml: &str,
    environment: &[(&str, &str)],
) -> Result<ChannelSettings, SettingsError> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("signup.toml");
    std::fs::write(&path, toml).unwrap();
    load(&path, environment)
}

fn load(path: &Path, environment: &[(&str, &str)]) -> Result<ChannelSettings, SettingsError> {
    let environment: Vec<(String, String)> = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Settings::load_with(
        "",
        Some(path),
        environment.into_iter(),
        ChannelSettings::read,
    )
    .map(|(_, channels)| channels)
}

/// Opens the channels that these settings describe.
pub fn open(toml: &str) -> Opened {
    let settings = read(toml).unwrap_or_else(|error| panic!("{error}"));
    let clock = Arc::new(TestClock::default());
    let registry = Registry::new();
    let shared: Arc<dyn Clock> = Arc::clone(&clock) as _;
    Opened {
        channels: Channels::open(&settings, &shared, &registry).unwrap(),
        clock,
        registry,
    }
}

impl Opened {
    pub async fn send(&self, message: &Message) -> Result<Sent, SendError> {
        let result = self.channels.send(message).await;
        // Whatever happened, and whatever the other side quoted.
        let told = format!("{result:?}");
        for secret in [PHONE, &PHONE[3..], EMAIL, CODE] {
            assert!(!told.contains(secret), "{told}");
        }
        result
    }

    /// A code by this channel, in Chinese, good for five minutes from now on.
    pub fn code(&self, channel: Channel) -> Message {
        let now = self.clock.now();
        Message {
            channel,
            address: match channel {
                Channel::Email => EMAIL.to_owned(),
                Channel::Sms => PHONE.to_owned(),
            },
            provider: "acme".to_owned(),
            application: "shop".to_owned(),
            application_name: "Corner Shop".to_owned(),
            kind: MessageKind::Code,
            locale: "zh-CN".to_owned(),
            subject: (channel == Channel::Email).then(|| format!("验证码：{CODE}")),
            text: format!("您的验证码：{CODE}"),
            code: Some(CODE.to_owned()),
            expires_at: Some(now.after(VALID_FOR)),
            registered: Registered {
                templates: BTreeMap::new(),
                sign: None,
            },
            event_id: "01928f3a-7b1c-7000-8000-000000000001".to_owned(),
            time: now,
        }
    }

    pub fn welcome(&self, channel: Channel) -> Message {
        Message {
            kind: MessageKind::Welcome,
            code: None,
            text: "欢迎".to_owned(),
            ..self.code(channel)
        }
    }

    /// The exposition of this process's metrics.
    pub fn metrics(&self) -> String {
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap()
    }
}

pub fn unavailable(result: Result<Sent, SendError>) -> String {
    match result {
        Err(SendError::Unavailable(text)) => text,
        other => panic!("{other:?}"),
    }
}

pub fn refused(result: Result<Sent, SendError>) -> String {
    match result {
        Err(SendError::Refused(text)) => text,
        other => panic!("{other:?}"),
    }
}

pub fn unanswered(result: Result<Sent, SendError>) -> String {
    match result {
        Err(SendError::Unanswered(text)) => text,
        other => panic!("{other:?}"),
    }
}
