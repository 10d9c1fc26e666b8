//! Forms of personal data and secrets that may be printed.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Deserializer};
use zeroize::{Zeroize, Zeroizing};

use crate::identifier::calling_code_length;

const HIDDEN: &str = "***";

/// The first character and three asterisks, whatever the length: `h***`. A first character that is no letter
/// or digit is hidden too, so that the result is safe in a log line.
pub fn mask_text(text: &str) -> String {
    match text.chars().next() {
        Some(first) if first.is_alphanumeric() => format!("{first}{HIDDEN}"),
        _ => HIDDEN.to_owned(),
    }
}

/// The first character of the local part, and the domain: `a***@example.com`. Text that is no address with an
/// ASCII domain is masked as plain text.
pub fn mask_email(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) if is_host_name(domain) => format!("{}@{domain}", mask_text(local)),
        _ => mask_text(address),
    }
}

/// The country code, the first three and last four digits of an 11-digit national number:
/// `+86 158****9011`. Of shorter numbers only the end is shown; at least four digits stay hidden.
/// Text that is no number is hidden altogether.
pub fn mask_phone(number: &str) -> String {
    let digits = number.strip_prefix('+').unwrap_or(number).replace('-', "");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return HIDDEN.to_owned();
    }
    let code_length = if number.starts_with('+') {
        calling_code_length(&digits).unwrap_or(0)
    } else {
        0
    };
    let (code, national) = digits.split_at(code_length);
    let (head, tail) = match national.len() {
        11.. => (3, 4),
        length => (0, length.saturating_sub(4).min(4)),
    };
    let (start, _) = national.split_at(head);
    let (_, end) = national.split_at(national.len() - tail);
    if code.is_empty() {
        format!("{start}****{end}")
    } else {
        format!("+{code} {start}****{end}")
    }
}

fn is_host_name(domain: &str) -> bool {
    !domain.is_empty()
        && domain
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// A value that is overwritten when dropped and that `Debug` does not show. It cannot be serialised.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes the value over; copies made of it before are not wiped.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

/// The network of a client's address: the first three numbers of an IPv4 address, a /48 of IPv6. Tells an office from
/// another, and not a person from another: `192.0.2.0/24`, `2001:db8:1::/48`.
pub fn mask_address(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn text_shows_its_first_character_only() {
        assert_eq!(mask_text("happymumu"), "h***");
        assert_eq!(mask_text("木木"), "木***");
        assert_eq!(mask_text(""), "***");
        assert_eq!(mask_text("\nforged log line"), "***");
    }

    #[test]
    fn an_email_address_keeps_its_domain() {
        assert_eq!(mask_email("alice@example.com"), "a***@example.com");
        assert_eq!(mask_email("a@example.com"), "a***@example.com");
        assert_eq!(mask_email("alice"), "a***");
        assert_eq!(mask_email("alice@example.com\nforged"), "a***");
    }

    #[test]
    fn a_phone_number_hides_at_least_four_digits() {
        for (number, masked) in [
            ("+8615810419011", "+86 158****9011"),
            ("+86-15810419011", "+86 158****9011"),
            ("15810419011", "158****9011"),
            ("+12025550123", "+1 ****0123"),
            ("+85261234567", "+852 ****4567"),
            ("+6834001", "+683 ****"),
            ("12345", "****5"),
            ("+85", "****"),
            ("12", "****"),
            ("", "***"),
            ("not a number", "***"),
        ] {
            assert_eq!(mask_phone(number), masked, "{number}");
        }
    }

    #[test]
    fn an_address_keeps_its_network() {
        for (address, masked) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ] {
            assert_eq!(mask_address(address.parse().unwrap()), masked);
        }
    }

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        let secret: Secret<String> = serde_json::from_str("\"hunter2\"").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.expose(), "hunter2");
    }
}
