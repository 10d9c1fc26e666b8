//! `[idempotency]`

use std::time::Duration;

use super::reader::Reader;

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
