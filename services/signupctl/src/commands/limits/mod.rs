//! `signupctl limits`

pub mod report;
pub mod show;

use signup_core::code::Channel;

/// The key of a declaration file that changes a limit, by the limit's scope.
fn key(scope: &str, channel: Channel, country: Option<&str>) -> String {
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

/// What a limit is counted for, for people.
fn subject(scope: &str, country: Option<&str>) -> String {
    match (scope, country) {
        ("address_interval", _) => "address, interval".to_owned(),
        ("address_day", _) => "address, day".to_owned(),
        ("client", _) => "client, hour".to_owned(),
        ("country", Some("*")) => "other countries, day".to_owned(),
        ("country", Some(code)) => format!("country +{code}, day"),
        ("application", _) => "application, day".to_owned(),
        (unknown, _) => unknown.to_owned(),
    }
}
