//! `[worker]` and `[channel.NAME]`: who sends messages.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use signup_app::settings::{Reader, is_channel_name};
use signup_core::code::Channel;

use super::aliyun::AliyunSettings;
use super::breaker::BreakerSettings;
use super::http::HttpSettings;
use super::section::{CHANNEL, Section};
use super::smtp::SmtpSettings;
use super::tencent::TencentSettings;
use super::twilio::TwilioSettings;

/// Everything about channels that an operator sets. Secrets are read from their files already.
#[derive(Clone, Debug)]
pub struct ChannelSettings {
    /// Names of providers for e-mail, in the order in which they are tried.
    pub(super) email: Vec<String>,
    /// Names of providers for SMS, likewise.
    pub(super) sms: Vec<String>,
    pub(super) providers: BTreeMap<String, ProviderSettings>,
}

/// One `[channel.NAME]`.
#[derive(Clone, Debug)]
pub(super) struct ProviderSettings {
    pub(super) kind: KindSettings,
    /// The longest that one attempt may take.
    pub(super) timeout: Duration,
    pub(super) breaker: BreakerSettings,
}

/// What a kind of provider needs.
#[derive(Clone, Debug)]
pub(super) enum KindSettings {
    Smtp(SmtpSettings),
    Tencent(TencentSettings),
    Aliyun(AliyunSettings),
    Twilio(TwilioSettings),
    Http(HttpSettings),
}

/// The setting that names the providers of a channel.
pub(super) const fn setting_of(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "worker.email",
        Channel::Sms => "worker.sms",
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Smtp,
    Tencent,
    Aliyun,
    Twilio,
    Http,
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "smtp" => Some(Self::Smtp),
            "tencent" => Some(Self::Tencent),
            "aliyun" => Some(Self::Aliyun),
            "twilio" => Some(Self::Twilio),
            "http" => Some(Self::Http),
            _ => None,
        }
    }

    const fn serves(self, channel: Channel) -> bool {
        match (self, channel) {
            (Self::Http, _)
            | (Self::Smtp, Channel::Email)
            | (Self::Tencent | Self::Aliyun | Self::Twilio, Channel::Sms) => true,
            (Self::Smtp, Channel::Sms)
            | (Self::Tencent | Self::Aliyun | Self::Twilio, Channel::Email) => false,
        }
    }
}

impl ChannelSettings {
    /// Reads the sections of all providers, whether they are used or not, and who is used. For
    /// [`Settings::load_with`](signup_app::settings::Settings::load_with), so that faults here are part of the one
    /// report.
    pub fn read(reader: &mut Reader) -> Self {
        let mut providers = BTreeMap::new();
        let mut kinds = BTreeMap::new();
        for name in reader.names_below(CHANNEL) {
            let (kind, settings) = read_provider(reader, &name);
            kinds.insert(name.clone(), kind);
            if let Some(settings) = settings {
                providers.insert(name, settings);
            }
        }
        Self {
            email: read_names(reader, Channel::Email, &kinds),
            sms: read_names(reader, Channel::Sms, &kinds),
            providers,
        }
    }

    /// The names of the providers of a channel, in the order in which they are tried.
    #[must_use]
    pub fn providers_of(&self, channel: Channel) -> &[String] {
        match channel {
            Channel::Email => &self.email,
            Channel::Sms => &self.sms,
        }
    }

    /// The kind of the provider of this name, if there is one, such as `smtp`.
    #[must_use]
    pub fn find_kind(&self, name: &str) -> Option<&'static str> {
        let provider = self.providers.get(name)?;
        Some(match provider.kind {
            KindSettings::Smtp(_) => "smtp",
            KindSettings::Tencent(_) => "tencent",
            KindSettings::Aliyun(_) => "aliyun",
            KindSettings::Twilio(_) => "twilio",
            KindSettings::Http(_) => "http",
        })
    }
}

fn read_names(
    reader: &mut Reader,
    channel: Channel,
    kinds: &BTreeMap<String, Option<Kind>>,
) -> Vec<String> {
    let key = setting_of(channel);
    let names = reader.list(
        key,
        "must be names of channel providers: 1 to 32 lower-case letters, digits and single '_'",
        |name| is_channel_name(name).then(|| name.to_owned()),
    );
    let mut seen = BTreeSet::new();
    for name in &names {
        if !seen.insert(name) {
            reader.fault(
                key,
                format!("names {name} twice"),
                "name each provider once",
            );
        }
        match kinds.get(name) {
            None => reader.fault(
                key,
                format!("names {name}, which is not described"),
                format!("needs a section [{CHANNEL}.{name}] with a kind"),
            ),
            Some(Some(kind)) if !kind.serves(channel) => reader.fault(
                key,
                format!("names {name}, whose kind cannot send {}", channel.as_str()),
                match channel {
                    Channel::Email => "must be of kind smtp or http",
                    Channel::Sms => "must be of kind tencent, aliyun, twilio or http",
                },
            ),
            // One without a good kind has its own fault.
            Some(_) => {}
        }
    }
    names
}

fn read_provider(reader: &mut Reader, name: &str) -> (Option<Kind>, Option<ProviderSettings>) {
    let mut section = Section::new(reader, name);
    let kind = section.required(
        "kind",
        "must be smtp, tencent, aliyun, twilio or http",
        Kind::parse,
    );
    // Without a kind nobody can tell which keys are right.
    let Some(kind) = kind else {
        return (None, None);
    };
    let settings = match kind {
        Kind::Smtp => SmtpSettings::read(&mut section).map(KindSettings::Smtp),
        Kind::Tencent => TencentSettings::read(&mut section).map(KindSettings::Tencent),
        Kind::Aliyun => AliyunSettings::read(&mut section).map(KindSettings::Aliyun),
        Kind::Twilio => TwilioSettings::read(&mut section).map(KindSettings::Twilio),
        Kind::Http => HttpSettings::read(&mut section).map(KindSettings::Http),
    };
    let seconds = Duration::from_secs;
    let default = match kind {
        // A mail server may look at a message for a while before it answers.
        Kind::Smtp => "30s",
        Kind::Tencent | Kind::Aliyun | Kind::Twilio | Kind::Http => "10s",
    };
    let timeout = section.duration(
        "timeout",
        default,
        Duration::from_millis(100)..=seconds(120),
    );
    let breaker = BreakerSettings {
        failures: section.integer("breaker_failures", 5, 1..=1_000),
        pause: section.duration("breaker_pause", "30s", seconds(1)..=seconds(3600)),
    };
    section.finish();
    let settings = settings.map(|kind| ProviderSettings {
        kind,
        timeout,
        breaker,
    });
    (Some(kind), settings)
}
