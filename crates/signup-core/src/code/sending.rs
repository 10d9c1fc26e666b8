//! How many codes may be sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Channel, CountryBudgets, Limit, LimitScope};
use crate::application::Application;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How many codes an application sends. 0 switches a limit off, except in `sms_per_country_per_day`.
///
/// What an address or a client gets is counted for all applications of a directory together, each with its own numbers:
/// whoever may call several of them gets no more than through one. Budgets are the application's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SendLimits {
    /// Seconds between two codes to one address.
    #[serde(with = "crate::application::seconds", rename = "interval_seconds")]
    pub interval: Duration,
    /// Codes to one address within a day.
    pub per_address_per_day: u32,
    /// Codes asked for from one calling address (IPv6: /64) within an hour.
    pub per_ip_per_hour: u32,
    /// Codes of the whole application by SMS within a day.
    pub sms_per_day: u32,
    /// Codes of the whole application by e-mail within a day.
    pub email_per_day: u32,
    /// Codes of the whole application by SMS to a country within a day.
    // Left out when empty: a version that does not know it can still read the rest.
    #[serde(skip_serializing_if = "CountryBudgets::is_empty")]
    pub sms_per_country_per_day: CountryBudgets,
}

impl Default for SendLimits {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            per_address_per_day: 50,
            per_ip_per_hour: 300,
            sms_per_day: 10_000,
            email_per_day: 50_000,
            sms_per_country_per_day: CountryBudgets::default(),
        }
    }
}

impl SendLimits {
    /// Finds what the types alone cannot rule out.
    ///
    /// # Errors
    /// What is wrong and what is allowed, naming the key.
    pub fn validate(&self) -> Result<(), String> {
        self.sms_per_country_per_day
            .validate()
            .map_err(|problem| format!("sms_per_country_per_day: {problem}"))
    }

    const fn per_day(&self, channel: Channel) -> u32 {
        match channel {
            Channel::Sms => self.sms_per_day,
            Channel::Email => self.email_per_day,
        }
    }
}

/// The keys under which codes to an address are counted in a directory: those of the interval and of the day.
pub fn address_keys(
    provider: &str,
    directory: &str,
    channel: Channel,
    address: &str,
) -> [String; 2] {
    ["interval", "day"].map(|window| {
        format!(
            "send/address/{provider}/{directory}/{}/{address}/{window}",
            channel.as_str()
        )
    })
}

impl Application {
    /// The limits that a code to a normalised address counts against when `client` asks for it
    /// ([`client_network`](crate::context::RequestContext::client_network)).
    ///
    /// Those of the address come first: two requests for one address meet there and go on one after the other.
    pub fn send_limits(&self, channel: Channel, address: &str, client: &str) -> Vec<Limit> {
        let rules = &self.rules.sending;
        let directory = format!("{}/{}", self.provider, self.directory.id);
        let [interval, day] = address_keys(&self.provider, &self.directory.id, channel, address);
        let mut limits = vec![
            Limit {
                key: interval,
                scope: LimitScope::AddressInterval,
                allowed: u32::from(!rules.interval.is_zero()),
                window: rules.interval,
            },
            Limit {
                key: day,
                scope: LimitScope::AddressDay,
                allowed: rules.per_address_per_day,
                window: DAY,
            },
            Limit {
                key: format!("send/client/{directory}/{client}"),
                scope: LimitScope::Client,
                allowed: rules.per_ip_per_hour,
                window: HOUR,
            },
            self.channel_budget(channel),
        ];
        limits.retain(|limit| limit.allowed > 0);
        if channel == Channel::Sms {
            let country = rules.sms_per_country_per_day.find(address);
            limits.extend(country.map(|(code, codes)| self.country_budget(code, codes)));
        }
        limits
    }

    /// The application's own budgets: by channel, then by country.
    pub fn send_budgets(&self) -> Vec<(Channel, Limit)> {
        let channels = [Channel::Sms, Channel::Email]
            .map(|channel| (channel, self.channel_budget(channel)))
            .into_iter()
            .filter(|(_, limit)| limit.allowed > 0);
        let countries = self.rules.sending.sms_per_country_per_day.iter();
        channels
            .chain(countries.map(|(code, codes)| (Channel::Sms, self.country_budget(code, codes))))
            .collect()
    }

    fn channel_budget(&self, channel: Channel) -> Limit {
        Limit {
            key: format!(
                "send/budget/{}/{}/{}",
                self.provider,
                self.id,
                channel.as_str()
            ),
            scope: LimitScope::Application,
            allowed: self.rules.sending.per_day(channel),
            window: DAY,
        }
    }

    fn country_budget(&self, code: &str, allowed: u32) -> Limit {
        Limit {
            key: format!("send/country/{}/{}/{code}", self.provider, self.id),
            scope: LimitScope::Country(code.to_owned()),
            allowed,
            window: DAY,
        }
    }
}
