//! E-mail addresses.

use std::fmt;

use email_address::Options;
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;

use super::IdentifierError;
use super::unicode::{fold, refuse_unseen};
use crate::mask::mask_email;

/// RFC 5321 allows a path of 256 bytes, which includes the angle brackets.
const MAX_BYTES: usize = 254;
/// RFC 5321, section 4.5.3.1.1.
const LOCAL_MAX_BYTES: usize = 64;

/// An e-mail address that can be written to over SMTP: `local@domain.tld`.
///
/// Display names, quoted local parts and address literals are valid in RFC 5322 but refused (our choice):
/// nobody signs up with them, and every one of them is a second spelling of some address.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    display: String,
    key: String,
    domain_start: usize,
}

impl EmailAddress {
    /// Parses an address of at most 254 bytes.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        if text.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(IdentifierError::EmailTooLong);
        }
        refuse_unseen(text.chars())?;
        let (local, domain) = text
            .rsplit_once('@')
            .ok_or(IdentifierError::MalformedEmail)?;
        if local.contains('"') {
            return Err(IdentifierError::QuotedLocalPart);
        }
        let local = fold(local);
        if local.len() > LOCAL_MAX_BYTES {
            return Err(IdentifierError::LocalPartTooLong);
        }
        let domain = a_label_domain(domain)?;
        let key = format!("{local}@{domain}");
        if key.len() > MAX_BYTES {
            return Err(IdentifierError::EmailTooLong);
        }
        // The normalised form is what gets checked: compatibility characters can hide an at sign or a space.
        let options = Options {
            minimum_sub_domains: 2,
            allow_domain_literal: false,
            allow_display_text: false,
        };
        email_address::EmailAddress::parse_with_options(&key, options)
            .map_err(|_| IdentifierError::MalformedEmail)?;
        Ok(Self {
            display: text.to_owned(),
            domain_start: local.len() + 1,
            key,
        })
    }

    /// What the user typed, character for character.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Where mail goes: the local part in the case that was typed, because only its own server knows whether case
    /// matters (RFC 5321, section 2.4), and the domain in A-label form.
    pub fn mailbox(&self) -> String {
        mailbox(&self.display, &self.key)
    }

    /// Lower case, with the domain in A-label form: for comparing and counting.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The domain in A-label form, without a trailing dot.
    pub fn domain(&self) -> &str {
        self.key.get(self.domain_start..).unwrap_or_default()
    }

    pub(super) fn into_parts(self) -> (String, String) {
        (self.display, self.key)
    }
}

/// The local part as it was typed, without full-width and other compatibility forms, at the domain of the key.
pub(super) fn mailbox(display: &str, key: &str) -> String {
    match (display.rsplit_once('@'), key.rsplit_once('@')) {
        (Some((local, _)), Some((_, domain))) => {
            let local: String = local.nfkc().collect();
            format!("{local}@{domain}")
        }
        _ => key.to_owned(),
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EmailAddress({})", mask_email(&self.key))
    }
}

/// A host name with a dot whose last label is not a number: `1.2.3.4` is an address, not a name.
fn a_label_domain(domain: &str) -> Result<String, IdentifierError> {
    let ascii = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map_err(|_| IdentifierError::BadDomain)?;
    match ascii.rsplit_once('.') {
        Some((_, top)) if !top.bytes().all(|byte| byte.is_ascii_digit()) => Ok(ascii.into_owned()),
        _ => Err(IdentifierError::BadDomain),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn key(text: &str) -> Result<String, IdentifierError> {
        EmailAddress::parse(text).map(|address| address.key)
    }

    #[test]
    fn the_key_is_lower_case_with_an_a_label_domain() {
        let address = EmailAddress::parse("Bob@Bücher.Example").unwrap();
        assert_eq!(address.display(), "Bob@Bücher.Example");
        assert_eq!(address.key(), "bob@xn--bcher-kva.example");
        assert_eq!(address.domain(), "xn--bcher-kva.example");
    }

    #[test]
    fn mail_goes_to_the_local_part_as_typed() {
        for (text, mailbox) in [
            ("Bob@Bücher.Example", "Bob@xn--bcher-kva.example"),
            ("ＢＯＢ@EXAMPLE.com", "BOB@example.com"),
            ("bob@example.com", "bob@example.com"),
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap().mailbox(), mailbox);
        }
    }

    #[test]
    fn spellings_of_one_address_share_a_key() {
        for text in [
            "Bob@EXAMPLE.com",
            "ｂｏｂ@example.com",
            "bob@ｅｘａｍｐｌｅ．com",
            "bob@example。com",
        ] {
            assert_eq!(key(text).as_deref(), Ok("bob@example.com"), "{text}");
        }
        assert_eq!(key("jose\u{301}@xn--bcher-kva.de"), key("JOSÉ@bücher.de"));
        assert_eq!(key("a+tag.x@b.cn").as_deref(), Ok("a+tag.x@b.cn"));
    }

    #[test]
    fn limits_are_counted_in_bytes() {
        let local = "a".repeat(64);
        assert!(key(&format!("{local}@example.com")).is_ok());
        assert_eq!(
            key(&format!("{local}a@example.com")),
            Err(IdentifierError::LocalPartTooLong)
        );
        let label = "b".repeat(61);
        let longest = format!("{local}@{label}.{label}.{label}.com");
        assert_eq!(longest.len(), 254);
        assert!(key(&longest).is_ok());
        assert_eq!(
            key(&longest.replace(".com", ".info")),
            Err(IdentifierError::EmailTooLong)
        );
    }

    #[test]
    fn an_address_that_outgrows_the_limits_when_normalised_is_refused() {
        // Each label is typed as two bytes and encoded as seven.
        let labels = ["é"; 40].join(".");
        let domain = format!("{labels}.com");
        assert!(domain.len() < 254);
        let refusal = key(&format!("a@{domain}"));
        assert!(
            matches!(
                refusal,
                Err(IdentifierError::EmailTooLong | IdentifierError::BadDomain)
            ),
            "{refusal:?}"
        );
        let ligatures = "\u{FDFA}".repeat(4);
        assert_eq!(
            key(&format!("{ligatures}@example.com")),
            Err(IdentifierError::LocalPartTooLong)
        );
    }

    #[test]
    fn forms_that_are_no_plain_address_are_refused() {
        for (text, reason) in [
            ("", IdentifierError::Empty),
            ("bob", IdentifierError::MalformedEmail),
            ("@example.com", IdentifierError::MalformedEmail),
            ("a..b@example.com", IdentifierError::MalformedEmail),
            (".a@example.com", IdentifierError::MalformedEmail),
            ("a@b@example.com", IdentifierError::MalformedEmail),
            ("a＠b@example.com", IdentifierError::MalformedEmail),
            ("a\u{B4}@example.com", IdentifierError::MalformedEmail),
            ("<a@example.com>", IdentifierError::BadDomain),
            ("\"a\"@example.com", IdentifierError::QuotedLocalPart),
            ("a@[127.0.0.1]", IdentifierError::BadDomain),
            ("a@127.0.0.1", IdentifierError::BadDomain),
            ("a@localhost", IdentifierError::BadDomain),
            ("a@example.com.", IdentifierError::BadDomain),
            ("a@-example.com", IdentifierError::BadDomain),
            ("a@exa_mple.com", IdentifierError::BadDomain),
            ("a@", IdentifierError::BadDomain),
            ("Al <a@example.com>", IdentifierError::WhiteSpace),
            (" a@example.com", IdentifierError::WhiteSpace),
            ("a@example.com\r\nBcc:", IdentifierError::ControlCharacter),
            ("a\0@example.com", IdentifierError::ControlCharacter),
            ("a@exam\u{AD}ple.com", IdentifierError::ControlCharacter),
        ] {
            assert_eq!(key(text), Err(reason), "{text:?}");
        }
    }
}
