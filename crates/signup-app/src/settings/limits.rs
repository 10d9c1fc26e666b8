//! `[limits]` and `[idempotency]`

use std::num::NonZeroU32;
use std::time::Duration;

use super::reader::Reader;

/// How much one party may ask for; `None` means unlimited. Limits per recipient belong to the
/// provider and the application, not here.
#[derive(Clone, Debug)]
pub struct LimitSettings {
    /// Sign-ups from one client address (IPv6: /64) in a minute.
    pub sign_ups_per_ip_per_minute: Option<NonZeroU32>,
    /// Messages asked for by one client address (IPv6: /64) in an hour.
    pub sends_per_ip_per_hour: Option<NonZeroU32>,
    /// Messages to one telephone country prefix in an hour.
    pub sends_per_country_prefix_per_hour: Option<NonZeroU32>,
    /// Messages of one application in an hour.
    pub sends_per_application_per_hour: Option<NonZeroU32>,
}

impl LimitSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut limit = |key| NonZeroU32::new(reader.integer(key, 0..=u32::MAX));
        Self {
            sign_ups_per_ip_per_minute: limit("limits.sign_ups_per_ip_per_minute"),
            sends_per_ip_per_hour: limit("limits.sends_per_ip_per_hour"),
            sends_per_country_prefix_per_hour: limit("limits.sends_per_country_prefix_per_hour"),
            sends_per_application_per_hour: limit("limits.sends_per_application_per_hour"),
        }
    }
}

/// How `Idempotency-Key` requests are remembered.
#[derive(Clone, Debug)]
pub struct IdempotencySettings {
    /// How long the first reply is replayed.
    pub retention: Duration,
    /// How long a key stays in progress when its request died.
    pub lease: Duration,
}

impl IdempotencySettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let (second, day) = (Duration::from_secs(1), Duration::from_secs(24 * 3600));
        let settings = Self {
            retention: reader.duration("idempotency.retention", second * 60..=day * 30),
            lease: reader.duration("idempotency.lease", second..=day),
        };
        if settings.lease > settings.retention {
            reader.fault(
                "idempotency.lease",
                "is longer than idempotency.retention",
                "must not outlive what it protects",
            );
        }
        settings
    }
}
