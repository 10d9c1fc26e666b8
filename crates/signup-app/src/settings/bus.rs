//! `[bus]`

use std::path::PathBuf;
use std::time::Duration;

use signup_bus::rabbitmq::{BrokerOptions, BrokerUrl};

use super::reader::Reader;

/// Where events go, and how the outbox relay works.
#[derive(Clone, Debug)]
pub struct BusSettings {
    /// Which bus.
    pub url: BusUrl,
    /// Whether this process shows messages itself, in place of a worker that sends them.
    pub local_messages: LocalMessages,
    /// Certificates (PEM) that the broker's is checked against, beside the system's.
    pub ca_file: Option<PathBuf>,
    /// How long events stay readable after they were published.
    pub retention: Duration,
    /// Most events the relay claims, or publishes, at a time.
    pub relay_batch: u32,
    /// How often an idle relay looks for events that others left behind.
    pub relay_interval: Duration,
    /// How long a claimed batch belongs to one relay.
    pub lease: Duration,
}

/// The kinds of bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BusUrl {
    /// `in-process`: events are consumed by the process that publishes them.
    InProcess,
    /// `amqp://…` or `amqps://…`: RabbitMQ.
    RabbitMq(BrokerUrl),
}

impl BusSettings {
    /// The broker, if the bus is one, and how to log in; connections carry `program` in their name.
    #[must_use]
    pub fn broker(&self, program: &str) -> Option<BrokerOptions> {
        match &self.url {
            BusUrl::InProcess => None,
            BusUrl::RabbitMq(url) => Some(BrokerOptions {
                url: url.clone(),
                ca_file: self.ca_file.clone(),
                name: program.to_owned(),
            }),
        }
    }
}

impl BusUrl {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "in-process" => Some(Self::InProcess),
            url => BrokerUrl::parse(url).ok().map(Self::RabbitMq),
        }
    }
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
        let hours = |hours: u64| seconds(hours * 60 * 60);
        reader.allows("bus.ca_file", "must be the name of a readable file");
        let settings = Self {
            url: reader
                .parsed(
                    "bus.url",
                    "must be \"in-process\", amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps:// for TLS; \
                     escape what is special in them, such as %2f for the vhost /",
                    BusUrl::parse,
                )
                .unwrap_or(BusUrl::InProcess),
            ca_file: Some(reader.text("bus.ca_file"))
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
            retention: reader.duration("bus.retention", hours(48)..=hours(10 * 365 * 24)),
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
