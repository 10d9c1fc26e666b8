//! `[webhooks]`

use std::time::Duration;

use ipnet::IpNet;

use super::http::network;
use super::reader::Reader;

/// Time beyond an attempt's own in which its outcome is recorded, before another dispatcher may take over.
const TIME_TO_RECORD: Duration = Duration::from_secs(30);

/// Whom webhooks may call, and how.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Networks that may be called although they are not public.
    pub allow_networks: Vec<IpNet>,
    /// Whether `http://` may be called as well as `https://`.
    pub allow_http: bool,
    /// Time to connect, TLS included.
    pub connect_timeout: Duration,
    /// Time for a whole attempt.
    pub timeout: Duration,
    /// Attempts of this process that are under way at a time.
    pub concurrency: usize,
    /// Attempts of one endpoint that are under way at a time, in this process.
    pub endpoint_concurrency: usize,
    /// A webhook that has failed for this long without a success is switched off.
    pub disable_after: Duration,
}

impl WebhookSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let seconds = Duration::from_secs;
        let hours = |hours: u64| seconds(hours * 60 * 60);
        let settings = Self {
            allow_networks: reader.list(
                "webhooks.allow_networks",
                "must be networks such as \"10.20.0.0/16\" or addresses",
                network,
            ),
            allow_http: reader.flag("webhooks.allow_http"),
            connect_timeout: reader.duration(
                "webhooks.connect_timeout",
                Duration::from_millis(100)..=seconds(30),
            ),
            timeout: reader.duration("webhooks.timeout", Duration::from_millis(100)..=seconds(60)),
            concurrency: reader.integer("webhooks.concurrency", 1..=1024),
            endpoint_concurrency: reader.integer("webhooks.endpoint_concurrency", 1..=64),
            disable_after: reader.duration("webhooks.disable_after", hours(1)..=hours(30 * 24)),
        };
        if settings.connect_timeout > settings.timeout {
            reader.fault(
                "webhooks.connect_timeout",
                "is longer than webhooks.timeout",
                "must not be longer than the whole attempt",
            );
        }
        settings
    }

    /// How long a claimed delivery belongs to one dispatcher.
    #[must_use]
    pub fn lease(&self) -> Duration {
        self.timeout + TIME_TO_RECORD
    }
}
