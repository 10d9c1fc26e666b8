//! The client's address behind proxies.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// The address of the client of a request that `peer` has sent us.
///
/// Forwarding headers count only when `peer` is a trusted proxy. Each trusted hop vouches for the one before it, so the
/// client is the right-most hop that is not trusted. Proxies commonly write one of the two headers and pass the other
/// one on as the client sent it; where both are there and differ, the client may have made one up, so neither is
/// believed (our choice).
pub(crate) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let x_forwarded_for = hops(headers, "x-forwarded-for")
        .map(|hops| client_of(peer, hops.iter().map(|hop| parse_hop(hop)), trusted));
    let forwarded = hops(headers, "forwarded")
        .map(|hops| client_of(peer, hops.iter().map(|hop| parse_element(hop)), trusted));
    match (x_forwarded_for, forwarded) {
        (Some(client), None) | (None, Some(client)) => client,
        (Some(client), Some(same)) if client == same => client,
        _ => peer,
    }
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// The comma-separated elements of all fields of this name; `None` when there is no such field. A field that is not
/// text stands as one hop that cannot be read.
fn hops<'a>(headers: &'a HeaderMap, name: &str) -> Option<Vec<&'a str>> {
    let hops: Vec<&str> = headers
        .get_all(name)
        .flat_map(|value| value.to_str().unwrap_or("?").split(','))
        .collect();
    (!hops.is_empty()).then_some(hops)
}

/// Walks from the nearest hop outwards. A hop that cannot be read hides everything before it.
fn client_of(
    peer: IpAddr,
    hops: impl DoubleEndedIterator<Item = Option<IpAddr>>,
    trusted: &[IpNet],
) -> IpAddr {
    let mut client = peer;
    for hop in hops.rev() {
        let Some(address) = hop else { break };
        client = address;
        if !is_trusted(address, trusted) {
            break;
        }
    }
    client
}

/// An address with or without a port: `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse()
        .or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

/// The `for` parameter of one element of `Forwarded` (RFC 7239), `for="[2001:db8::1]:4711";proto=https`.
fn parse_element(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("for")
            .then(|| parse_hop(value.trim().trim_matches('"')))
            .flatten()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        client_address(peer.parse().unwrap(), &map, &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_its_address() {
        let headers = [
            ("x-forwarded-for", "192.0.2.1"),
            ("forwarded", "for=192.0.2.1"),
        ];
        assert_eq!(client("203.0.113.9", &headers), "203.0.113.9");
    }

    #[test]
    fn the_right_most_hop_that_is_not_trusted_is_the_client() {
        let chain = [("x-forwarded-for", "192.0.2.1, 198.51.100.7, 10.2.2.2")];
        assert_eq!(client("10.1.1.1", &chain), "198.51.100.7");
        let two_fields = [
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-for", "198.51.100.7"),
        ];
        assert_eq!(client("::ffff:10.1.1.1", &two_fields), "198.51.100.7");
    }

    #[test]
    fn a_request_from_inside_has_the_outermost_trusted_address() {
        let chain = [("x-forwarded-for", "10.3.3.3, 10.2.2.2")];
        assert_eq!(client("10.1.1.1", &chain), "10.3.3.3");
        assert_eq!(client("10.1.1.1", &[]), "10.1.1.1");
    }

    #[test]
    fn a_hop_that_cannot_be_read_hides_what_is_before_it() {
        for hop in ["unknown", "", "_hidden", "1.2.3", "?"] {
            let chain = format!("192.0.2.1, {hop}, 10.2.2.2");
            assert_eq!(
                client("10.1.1.1", &[("x-forwarded-for", &chain)]),
                "10.2.2.2"
            );
        }
    }

    #[test]
    fn ports_brackets_and_the_standard_header_are_understood() {
        for (name, value, address) in [
            ("x-forwarded-for", "192.0.2.1:4711", "192.0.2.1"),
            ("x-forwarded-for", "[2001:db8::1]:4711", "2001:db8::1"),
            ("x-forwarded-for", "[2001:db8::1]", "2001:db8::1"),
            ("x-forwarded-for", "::ffff:192.0.2.1", "192.0.2.1"),
            ("forwarded", "proto=https;For=192.0.2.1", "192.0.2.1"),
            ("forwarded", "for=\"[2001:db8::1]:80\"", "2001:db8::1"),
            ("forwarded", "for=192.0.2.1, for=10.2.2.2", "192.0.2.1"),
        ] {
            assert_eq!(client("fd00::1", &[(name, value)]), address, "{value}");
        }
    }

    #[test]
    fn headers_that_contradict_each_other_are_not_believed() {
        let contradiction = [
            ("x-forwarded-for", "198.51.100.7"),
            ("forwarded", "for=192.0.2.1"),
        ];
        assert_eq!(client("10.1.1.1", &contradiction), "10.1.1.1");
        let agreement = [
            ("x-forwarded-for", "192.0.2.1"),
            ("forwarded", "for=192.0.2.1"),
        ];
        assert_eq!(client("10.1.1.1", &agreement), "192.0.2.1");
    }
}
