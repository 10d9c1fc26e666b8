//! The host that a client called.

use actix_web::HttpRequest;
use actix_web::http::header::HOST;

/// The host name without port: the `Host` header, or the authority of an HTTP/2 request. Forwarding headers do not
/// count, anybody can send them.
pub(super) fn of(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(HOST);
    match header.and_then(|value| value.to_str().ok()) {
        Some(authority) => Some(without_port(authority)),
        None => request.uri().host(),
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_does_not_count() {
        assert_eq!(without_port("a.example:8083"), "a.example");
        assert_eq!(without_port("a.example"), "a.example");
        assert_eq!(without_port("[::1]:80"), "[::1]");
        assert_eq!(without_port("[2001:db8::a]"), "[2001:db8::a]");
    }
}
