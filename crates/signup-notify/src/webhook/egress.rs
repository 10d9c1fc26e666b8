//! Which addresses webhooks may call: against server-side request forgery.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::Url;
use signup_app::settings::WebhookSettings;

macro_rules! v4 {
    ($a:literal, $b:literal, $c:literal, $d:literal / $length:literal) => {
        Ipv4Net::new_assert(std::net::Ipv4Addr::new($a, $b, $c, $d), $length)
    };
}

macro_rules! v6 {
    ($a:literal, $b:literal / $length:literal) => {
        Ipv6Net::new_assert(std::net::Ipv6Addr::new($a, $b, 0, 0, 0, 0, 0, 0), $length)
    };
}

/// IPv4 networks that are not globally reachable, or are reserved (IANA IPv4 Special-Purpose Address Registry, RFC 6890).
const NOT_PUBLIC_V4: [Ipv4Net; 15] = [
    v4!(0, 0, 0, 0 / 8),
    v4!(10, 0, 0, 0 / 8),
    v4!(100, 64, 0, 0 / 10), // carrier-grade NAT; cloud metadata services too
    v4!(127, 0, 0, 0 / 8),
    v4!(169, 254, 0, 0 / 16), // link-local; cloud metadata services
    v4!(172, 16, 0, 0 / 12),
    v4!(192, 0, 0, 0 / 24),
    v4!(192, 0, 2, 0 / 24),
    v4!(192, 88, 99, 0 / 24),
    v4!(192, 168, 0, 0 / 16),
    v4!(198, 18, 0, 0 / 15),
    v4!(198, 51, 100, 0 / 24),
    v4!(203, 0, 113, 0 / 24),
    v4!(224, 0, 0, 0 / 4), // multicast
    v4!(240, 0, 0, 0 / 4), // reserved, broadcast
];

/// The only part of IPv6 that is global unicast (RFC 4291). Outside are loopback, unique-local, link-local and multicast
/// addresses, and those that carry an IPv4 address: mapped, compatible, NAT64.
const GLOBAL_V6: Ipv6Net = v6!(0x2000, 0 / 3);

/// What of it is not public (IANA IPv6 Special-Purpose Address Registry).
const NOT_PUBLIC_V6: [Ipv6Net; 4] = [
    v6!(0x2001, 0 / 23), // protocol assignments; Teredo carries IPv4 addresses
    v6!(0x2001, 0x0db8 / 32),
    v6!(0x2002, 0 / 16), // 6to4 carries IPv4 addresses
    v6!(0x3fff, 0 / 20),
];

/// Why a URL cannot be a webhook's. The texts repeat no more of it than its scheme and host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlProblem {
    /// It is no URL.
    #[error("it is no URL; write it like https://example.com/hooks/signup")]
    Malformed,
    /// Neither `https` nor, where that is allowed, `http`.
    #[error(
        "`{0}` is not called; use https, or set webhooks.allow_http = true for a network of your own"
    )]
    Scheme(String),
    /// It holds a user name or a password.
    #[error("it holds a user name or password; receivers check the signature instead")]
    UserInfo,
    /// Its host is an address that is not called.
    #[error(
        "{0} is not a public address; put its network into webhooks.allow_networks if webhooks may call it"
    )]
    NotPublic(IpAddr),
}

/// The rule which addresses may be called.
#[derive(Clone, Debug)]
pub struct Egress {
    allow_networks: Vec<IpNet>,
    allow_http: bool,
}

impl Egress {
    /// The rule of these settings.
    pub fn new(settings: &WebhookSettings) -> Self {
        Self {
            allow_networks: settings.allow_networks.clone(),
            allow_http: settings.allow_http,
        }
    }

    /// Reads a URL that may be called. Of hosts, only addresses are judged here; names are when they are looked up.
    ///
    /// # Errors
    /// See [`UrlProblem`].
    pub fn check_url(&self, url: &str) -> Result<Url, UrlProblem> {
        let url: Url = url.parse().map_err(|_| UrlProblem::Malformed)?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            scheme => return Err(UrlProblem::Scheme(scheme.to_owned())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlProblem::UserInfo);
        }
        let host = url.host_str().ok_or(UrlProblem::Malformed)?;
        // The parser has brought every spelling of an address (hexadecimal, one number, …) into its usual one.
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) if !self.permits(address) => Err(UrlProblem::NotPublic(address)),
            _ => Ok(url),
        }
    }

    /// Whether an address may be called: if it is public, or in a network that the settings allow.
    pub fn permits(&self, address: IpAddr) -> bool {
        let same = address.to_canonical();
        let allowed = |network: &IpNet| network.contains(&address) || network.contains(&same);
        is_public(address) || self.allow_networks.iter().any(allowed)
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => {
            GLOBAL_V6.contains(&address) && !NOT_PUBLIC_V6.iter().any(|net| net.contains(&address))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn egress(networks: &[&str], allow_http: bool) -> Egress {
        Egress {
            allow_networks: networks.iter().map(|net| net.parse().unwrap()).collect(),
            allow_http,
        }
    }

    #[test]
    fn only_public_addresses_are_permitted() {
        let strict = egress(&[], false);
        for public in ["1.1.1.1", "93.184.215.14", "172.32.0.1", "2606:4700::1111"] {
            assert!(strict.permits(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.0.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.19.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:1.1.1.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::a00:1",
            "100::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!strict.permits(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn allowed_networks_are_permitted_and_no_others() {
        let own = egress(&["10.20.0.0/16", "fd00:1::/32"], false);
        for (address, permitted) in [
            ("10.20.3.4", true),
            ("::ffff:10.20.3.4", true),
            ("10.21.3.4", false),
            ("fd00:1::5", true),
            ("fd00:2::5", false),
        ] {
            assert_eq!(
                own.permits(address.parse().unwrap()),
                permitted,
                "{address}"
            );
        }
    }

    #[test]
    fn no_spelling_of_an_address_gets_past() {
        let strict = egress(&[], true);
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://①②⑦.0.0.1/",
        ] {
            let problem = strict.check_url(url).unwrap_err();
            assert!(
                matches!(problem, UrlProblem::NotPublic(_)),
                "{url}: {problem}"
            );
        }
    }

    #[test]
    fn a_url_needs_https_and_no_password() {
        let strict = egress(&[], false);
        assert!(
            strict
                .check_url("https://example.com:8443/hook?a=b")
                .is_ok()
        );
        for (url, expected) in [
            ("example.com/hook", UrlProblem::Malformed),
            ("http://example.com", UrlProblem::Scheme("http".to_owned())),
            ("file:///etc/passwd", UrlProblem::Scheme("file".to_owned())),
            ("https://hush@example.com", UrlProblem::UserInfo),
        ] {
            assert_eq!(strict.check_url(url).unwrap_err(), expected, "{url}");
        }
        assert!(egress(&[], true).check_url("http://example.com").is_ok());
    }
}
