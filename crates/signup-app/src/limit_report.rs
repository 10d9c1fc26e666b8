//! What limits on sending codes have refused, or would have.

use std::collections::BTreeMap;

use signup_core::code::{Channel, LimitMode};
use signup_core::time::Timestamp;
use signup_store::LimitHit;

/// What was beyond one limit of one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitLine {
    /// The provider of the application.
    pub provider: String,
    /// The application.
    pub application: String,
    /// The limit's scope, by [`LimitScope::as_str`](signup_core::code::LimitScope::as_str).
    pub scope: String,
    /// The channel of the codes.
    pub channel: Channel,
    /// The entry of the country budgets, for that scope.
    pub country: Option<String>,
    /// Codes that were refused.
    pub refused: u64,
    /// Codes that were sent, and that enforcing would have refused.
    pub let_through: u64,
    /// The beginning of the last hour in which it happened.
    pub last_hour: Timestamp,
}

impl LimitLine {
    /// The key of a declaration file that changes the limit.
    pub fn key(&self) -> String {
        limit_key(&self.scope, self.channel, self.country.as_deref())
    }
}

/// The key of a declaration file that changes a limit, by the limit's scope.
pub fn limit_key(scope: &str, channel: Channel, country: Option<&str>) -> String {
    let key = match (scope, channel, country) {
        ("address_interval", ..) => "interval_seconds".to_owned(),
        ("address_day", ..) => "per_address_per_day".to_owned(),
        ("client", ..) => "per_ip_per_hour".to_owned(),
        ("country", _, Some(code)) => format!("sms_per_country_per_day.\"{code}\""),
        (_, Channel::Sms, _) => "sms_per_day".to_owned(),
        (_, Channel::Email, _) => "email_per_day".to_owned(),
    };
    format!("rules.sending.{key}")
}

/// Hits of many hours as one line for each limit, in the order of applications and limits.
pub fn summarize_limit_hits(hits: Vec<(LimitHit, u64)>) -> Vec<LimitLine> {
    let mut lines = BTreeMap::new();
    for (hit, count) in hits {
        let last_hour = hit.hour();
        let place = (
            hit.provider.clone(),
            hit.application.clone(),
            hit.scope.clone(),
            hit.channel.as_str(),
            hit.country.clone(),
        );
        let line = lines.entry(place).or_insert(LimitLine {
            provider: hit.provider,
            application: hit.application,
            scope: hit.scope,
            channel: hit.channel,
            country: hit.country,
            refused: 0,
            let_through: 0,
            last_hour,
        });
        match hit.mode {
            LimitMode::Enforce => line.refused += count,
            LimitMode::Observe => line.let_through += count,
        }
        line.last_hour = line.last_hour.max(last_hour);
    }
    lines.into_values().collect()
}
