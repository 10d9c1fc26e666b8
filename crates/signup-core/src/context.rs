//! What is known of a request beside its content.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Instant;

use uuid::Uuid;

/// The language of a text for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    Chinese,
    /// English.
    English,
}

/// The context in which a request is handled: it travels from the edge into every log line and event.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The request's id: the caller's `X-Request-Id` when it is usable, else a new UUID.
    pub request_id: String,
    /// W3C Trace Context `traceparent` of the caller, if it sent a well-formed one.
    pub trace_parent: Option<String>,
    /// The client's address, after trusted proxies were looked through.
    pub client_ip: IpAddr,
    /// The language that the caller asked for, if it asked for one that we speak.
    pub language: Option<Language>,
    /// By then the caller must have its answer, whatever it is: some clients give up soon after.
    pub deadline: Instant,
}

impl RequestContext {
    /// The request's id as a UUID: the id itself when it is one, else a UUID that is always the same for the same id.
    pub fn request_uuid(&self) -> Uuid {
        Uuid::parse_str(&self.request_id).unwrap_or_else(|_| {
            let digest =
                aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.request_id.as_bytes());
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&digest.as_ref()[..16]);
            uuid::Builder::from_custom_bytes(bytes).into_uuid()
        })
    }

    /// The client as limits count it: an IPv4 address, or the /64 network of an IPv6 address, because one subscriber
    /// commonly holds a whole /64.
    pub fn client_network(&self) -> String {
        match self.client_ip.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(ip: &str) -> RequestContext {
        RequestContext {
            request_id: "order-17".into(),
            trace_parent: None,
            client_ip: ip.parse().expect("an address"),
            language: None,
            deadline: Instant::now(),
        }
    }

    #[test]
    fn addresses_of_one_ipv6_subscriber_count_as_one_client() {
        assert_eq!(
            from("2001:db8:1:2:3::4").client_network(),
            from("2001:db8:1:2:ffff::1").client_network()
        );
        assert_eq!(from("::ffff:192.0.2.7").client_network(), "192.0.2.7");
    }

    #[test]
    fn a_request_id_that_is_no_uuid_always_gives_the_same_uuid() {
        assert_eq!(
            from("192.0.2.7").request_uuid(),
            from("192.0.2.8").request_uuid()
        );
    }
}
