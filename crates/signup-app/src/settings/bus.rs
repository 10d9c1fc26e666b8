//! `[bus]`

use std::time::Duration;

use super::reader::Reader;

/// Where events go, and how the outbox relay works.
#[derive(Clone, Debug)]
pub struct BusSettings {
    /// Which bus.
    pub url: BusUrl,
    /// Whether this process shows messages itself, in place of a worker that sends them.
    pub local_messages: LocalMessages,
    /// Most events the relay claims at a time.
    pub relay_batch: u32,
    /// How often an idle relay looks for new events.
    pub relay_interval: Duration,
    /// How long a claimed batch belongs to one relay.
    pub lease: Duration,
}

/// The kinds of bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BusUrl {
    /// `in-process`: events are consumed by the process that publishes them.
    InProcess,
}

/// Whether messages, with their codes, are shown on this process's terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalMessages {
    /// On SQLite, where one machine is all there is; not on PostgreSQL, where output is collected.
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

impl BusSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let seconds = Duration::from_secs;
        let settings = Self {
            url: reader
                .parsed("bus.url", "must be \"in-process\"", |text| {
                    (text == "in-process").then_some(BusUrl::InProcess)
                })
                .unwrap_or(BusUrl::InProcess),
            local_messages: reader
                .parsed(
                    "bus.local_messages",
                    "must be auto, on or off",
                    |text| match text {
                        "auto" => Some(LocalMessages::Auto),
                        "on" => Some(LocalMessages::On),
                        "off" => Some(LocalMessages::Off),
                        _ => None,
                    },
                )
                .unwrap_or(LocalMessages::Off),
            relay_batch: reader.integer("bus.relay_batch", 1..=10_000),
            relay_interval: reader.duration(
                "bus.relay_interval",
                Duration::from_millis(10)..=seconds(60),
            ),
            lease: reader.duration("bus.lease", seconds(1)..=seconds(600)),
        };
        if settings.lease <= settings.relay_interval {
            reader.fault(
                "bus.lease",
                "is not longer than bus.relay_interval",
                "must be longer, or another relay publishes the same events again",
            );
        }
        settings
    }
}
