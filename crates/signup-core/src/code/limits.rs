//! How often something may happen.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// At most this many within a window that opens with the first one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is counted: whose limit it is.
    pub key: String,
    /// How many fit into one window, at least one.
    pub allowed: u32,
    /// How long a window stays open.
    pub window: Duration,
}

/// How many codes an application sends. 0 switches a limit off.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
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
}

impl Default for SendLimits {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            per_address_per_day: 50,
            per_ip_per_hour: 300,
            sms_per_day: 10_000,
            email_per_day: 50_000,
        }
    }
}
