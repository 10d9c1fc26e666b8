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

/// The trace that a `traceparent` belongs to, 32 hexadecimal digits; `None` unless all of it is as version 00 of W3C Trace
/// Context has it: `00-<32 hex>-<16 hex>-<2 hex>` in lower case, neither id all zeros.
pub fn trace_id(trace_parent: &str) -> Option<&str> {
    let mut parts = trace_parent.split('-');
    let mut hex = |length| {
        parts.next().filter(|part| {
            part.len() == length
                && part
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    };
    let (version, trace, parent, _flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
    let is_id = |id: &str| id.bytes().any(|byte| byte != b'0');
    let is_whole = version == "00" && parts.next().is_none();
    (is_whole && is_id(trace) && is_id(parent)).then_some(trace)
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

    #[test]
    fn only_a_well_formed_trace_parent_belongs_to_a_trace() {
        const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
        const PARENT: &str = "00f067aa0ba902b7";
        assert_eq!(trace_id(&format!("00-{TRACE}-{PARENT}-01")), Some(TRACE));
        for text in [
            String::new(),
            format!("01-{TRACE}-{PARENT}-01"),
            format!("00-{TRACE}-{PARENT}"),
            format!("00-{TRACE}-{PARENT}-01-x"),
            format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
            format!("00-{}-{PARENT}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
        ] {
            assert_eq!(trace_id(&text), None, "{text:?}");
        }
    }
}
