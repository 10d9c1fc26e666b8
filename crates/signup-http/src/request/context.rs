//! What is known of a request beside its content.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Deref;
use std::time::Instant;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use signup_app::settings::HttpSettings;
use signup_core::context::RequestContext;
use uuid::Uuid;

use super::address::client_address;
use super::language;
use crate::Fault;

/// Extracts the [`RequestContext`] that was made when the request came in.
#[derive(Clone, Debug)]
pub struct Context(pub RequestContext);

impl Deref for Context {
    type Target = RequestContext;

    fn deref(&self) -> &RequestContext {
        &self.0
    }
}

impl FromRequest for Context {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = request.extensions().get::<RequestContext>().cloned();
        ready(context.map(Self).ok_or(Fault::Internal))
    }
}

/// Reads the context from the request's headers and its connection.
pub(crate) fn read_context(request: &ServiceRequest, http: &HttpSettings) -> RequestContext {
    let headers = request.headers();
    // Only a listener that is no TCP socket has no peer, and we have none.
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    RequestContext {
        request_id: single(headers, "x-request-id")
            .filter(|id| is_request_id(id))
            .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned),
        trace_parent: single(headers, "traceparent")
            .filter(|parent| is_trace_parent(parent))
            .map(str::to_owned),
        client_ip: client_address(peer, headers, &http.trusted_proxies),
        language: headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .and_then(language::preferred),
        deadline: Instant::now() + http.request_deadline,
    }
}

/// The value of a header that may be there only once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// 1 to 128 visible ASCII characters; no quotes and no backslash, so that it stays itself in a log line.
fn is_request_id(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'`' | b'\\'))
}

/// Version 00 of W3C Trace Context: `00-<32 hex>-<16 hex>-<2 hex>` in lower case, neither id all zeros.
fn is_trace_parent(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut hex = |length| {
        parts.next().filter(|part| {
            part.len() == length
                && part
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    };
    let (version, trace, parent, flags) = (hex(2), hex(32), hex(16), hex(2));
    let is_id = |id: Option<&str>| id.is_some_and(|id| id.bytes().any(|byte| byte != b'0'));
    version == Some("00")
        && is_id(trace)
        && is_id(parent)
        && flags.is_some()
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_must_stay_itself_in_a_log_line() {
        assert!(is_request_id("order-17/5#a"));
        assert!(is_request_id(&"x".repeat(128)));
        for id in ["", "a b", "a\"b", "a'b", "a\\b", "ä", "a\tb"] {
            assert!(!is_request_id(id), "{id:?}");
        }
        assert!(!is_request_id(&"x".repeat(129)));
    }

    #[test]
    fn only_a_well_formed_trace_parent_is_kept() {
        const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
        const PARENT: &str = "00f067aa0ba902b7";
        assert!(is_trace_parent(&format!("00-{TRACE}-{PARENT}-01")));
        for text in [
            String::new(),
            format!("01-{TRACE}-{PARENT}-01"),
            format!("00-{TRACE}-{PARENT}"),
            format!("00-{TRACE}-{PARENT}-01-x"),
            format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
            format!("00-{}-{PARENT}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
        ] {
            assert!(!is_trace_parent(&text), "{text:?}");
        }
    }
}
