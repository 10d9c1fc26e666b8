//! What is known of a request beside its content.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Deref;
use std::time::Instant;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use signup_app::settings::HttpSettings;
use signup_core::context::{RequestContext, trace_id};
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
            .filter(|parent| trace_id(parent).is_some())
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
}
