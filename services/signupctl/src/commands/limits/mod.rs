//! `signupctl limits`

pub mod report;
pub mod show;

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
