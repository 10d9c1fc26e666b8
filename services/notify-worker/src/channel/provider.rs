//! One provider of a channel: a mail server, or the API of an SMS vendor.

use std::time::Duration;

use async_trait::async_trait;
use signup_notify::Message;

/// Takes messages of one channel.
#[async_trait]
pub(crate) trait ChannelProvider: Send + Sync {
    /// Hands one message over within `limit`. `Ok` means that it was taken; with the provider's own id of the message,
    /// if it gave one.
    ///
    /// The limit is the provider's to keep, because only it knows whether the message was on its way by then.
    async fn send(&self, message: &Message, limit: Duration) -> Result<Option<String>, NotSent>;
}

/// Why a provider did not take a message. The texts hold neither addresses nor codes: vendors like to quote them, so
/// nothing of what a vendor said is passed on but its error code, see [`quote`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotSent {
    /// It cannot be reached, does not work, or does not serve us (credentials, balance, its own limits). Another provider
    /// may.
    Unavailable(String),
    /// It does not take this one message here and now: a limit of this number, a template that is not registered or not
    /// approved. Another provider may; this one is fit for other messages.
    Unsuitable(String),
    /// The address is none, or is blocked: nobody will take it.
    Refused(String),
    /// It was handed over and no answer came, so it may have been sent.
    Unanswered(String),
}

impl NotSent {
    /// The outcome's name in metrics.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Unsuitable(_) => "unsuitable",
            Self::Refused(_) => "refused",
            Self::Unanswered(_) => "unanswered",
        }
    }

    /// What happened, for operators.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Unavailable(text)
            | Self::Unsuitable(text)
            | Self::Refused(text)
            | Self::Unanswered(text) => text,
        }
    }
}

/// Longest text of a vendor that is passed on.
const MAX_QUOTE: usize = 80;

/// Digits in a row that could be a code or a part of a phone number.
const TELLING_DIGITS: usize = 4;

/// A vendor's error code as it may be passed on: what is no letter, digit or one of `._-:` is left out, and so is every
/// row of digits that could be a number or a code.
pub(crate) fn quote(code: &str) -> String {
    let mut quoted = String::new();
    let mut digits = String::new();
    for character in code.chars().take(MAX_QUOTE).chain(['\0']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        quoted.push_str(if digits.len() < TELLING_DIGITS {
            &digits
        } else {
            "***"
        });
        digits.clear();
        if character.is_ascii_alphabetic() || ".-_:".contains(character) {
            quoted.push(character);
        }
    }
    if quoted.is_empty() {
        "without a code".to_owned()
    } else {
        quoted
    }
}

/// A vendor's id of a message as it may be recorded: `None` if it is no plain, short text.
pub(crate) fn reference(id: &str) -> Option<String> {
    let plain = (1..=MAX_QUOTE).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_:^".contains(&byte));
    plain.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_vendor_says_is_quoted_without_numbers_and_words() {
        for (said, expected) in [
            ("isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_NUMBER_ILLEGAL"),
            ("Limit 3 of +8613800138000: 482913!", "Limit3of***:***"),
            ("482913", "***"),
            ("号码", "without a code"),
            ("", "without a code"),
        ] {
            assert_eq!(quote(said), expected);
        }
        assert!(quote(&"x".repeat(500)).len() <= MAX_QUOTE);
    }

    #[test]
    fn an_id_is_recorded_only_if_it_is_one() {
        assert_eq!(reference("5000:1^4").as_deref(), Some("5000:1^4"));
        for strange in ["", "two words", "a\nb", &"x".repeat(81)] {
            assert_eq!(reference(strange), None);
        }
    }
}
