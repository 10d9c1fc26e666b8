//! `[http]`

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use super::reader::Reader;

/// How a service listens and what it bears from its clients.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port to listen on; 0 lets the system pick one.
    pub port: u16,
    /// Address of the metrics listener.
    pub metrics_host: IpAddr,
    /// Port of the metrics listener; 0 lets the system pick one.
    pub metrics_port: u16,
    /// HTTP worker threads, at least 1.
    pub workers: usize,
    /// Networks of the peers whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Largest accepted request body in bytes.
    pub body_limit_bytes: usize,
    /// Time a client may take to send its headers.
    pub header_timeout: Duration,
    /// Time a client may take to send its body.
    pub body_timeout: Duration,
    /// Time within which a request must be answered.
    pub request_deadline: Duration,
    /// Time after a stop signal in which new requests are still taken, though the service is not ready any more.
    pub shutdown_delay: Duration,
    /// Time after that for accepted requests to finish.
    pub shutdown_grace: Duration,
}

impl HttpSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let seconds = Duration::from_secs;
        let client_time = Duration::from_millis(100)..=seconds(300);
        let settings = Self {
            host: address(reader, "http.host"),
            port: reader.integer("http.port", 0..=u16::MAX),
            metrics_host: address(reader, "http.metrics_host"),
            metrics_port: reader.integer("http.metrics_port", 0..=u16::MAX),
            workers: or_cores(reader.integer("http.workers", 0..=1024)),
            trusted_proxies: reader.list(
                "http.trusted_proxies",
                "must be networks such as \"10.0.0.0/8\" or addresses",
                network,
            ),
            body_limit_bytes: reader.integer("http.body_limit_bytes", 1024..=16 * 1024 * 1024),
            header_timeout: reader.duration("http.header_timeout", client_time.clone()),
            body_timeout: reader.duration("http.body_timeout", client_time.clone()),
            request_deadline: reader.duration("http.request_deadline", client_time),
            shutdown_delay: reader.duration("http.shutdown_delay", seconds(0)..=seconds(600)),
            shutdown_grace: reader.duration("http.shutdown_grace", seconds(0)..=seconds(600)),
        };
        let listeners_clash =
            settings.port != 0 && settings.address() == settings.metrics_address();
        if listeners_clash {
            reader.fault(
                "http.metrics_port",
                "is the same listener as http.port",
                "choose another port, or 0",
            );
        }
        settings
    }

    /// Where the service listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    /// Where `/metrics` listens.
    #[must_use]
    pub fn metrics_address(&self) -> SocketAddr {
        SocketAddr::new(self.metrics_host, self.metrics_port)
    }
}

/// 0 stands for the number of cores this process may use.
pub(super) fn or_cores(count: usize) -> usize {
    match count {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        count => count,
    }
}

fn address(reader: &mut Reader, key: &str) -> IpAddr {
    let allowed = "must be an IP address, such as 127.0.0.1, 0.0.0.0 or ::";
    reader
        .parsed(key, allowed, |text| text.parse().ok())
        .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
