//! `by` and `ustr`: the phone number or e-mail address that a user signs up with.

use std::borrow::Cow;

use signup_app::trace;
use signup_core::code::Channel;
use signup_core::identifier::{EmailAddress, Identifier, PhoneNumber};

use super::parameters::Parameters;
use crate::error::{Error, Problem};

/// What is proven by a code, and how the code gets there.
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) channel: Channel,
    pub(crate) identifier: Identifier,
}

/// Reads `by` and `ustr`.
pub(super) fn read(parameters: &Parameters) -> Result<Address, Error> {
    let channel = match parameters.required("by")? {
        "tel" => Channel::Sms,
        "mail" => Channel::Email,
        _ => return Err(Error::invalid("by", Problem::NotOneOf(&["tel", "mail"]))),
    };
    parse("ustr", parameters.required("ustr")?, channel)
}

/// Parses the address in a field.
pub(crate) fn parse(field: &str, text: &str, channel: Channel) -> Result<Address, Error> {
    let identifier = match channel {
        Channel::Sms => PhoneNumber::parse_international(&with_country_code(text))
            .map(Identifier::from)
            .map_err(|_| Error::invalid(field, Problem::NotAPhone)),
        Channel::Email => EmailAddress::parse(text)
            .map(Identifier::from)
            .map_err(|_| Error::invalid(field, Problem::NotAnEmail)),
    };
    let identifier = identifier?;
    trace::about(identifier.kind(), identifier.key());
    Ok(Address {
        channel,
        identifier,
    })
}

/// A plus sign that nobody escaped in a query arrives as a space; 11 digits alone are a number of mainland China, as in
/// the vendor's demos (both our choice).
pub(super) fn with_country_code(text: &str) -> Cow<'_, str> {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    match text.strip_prefix(' ') {
        Some(rest) if rest.bytes().next().as_ref().is_some_and(is_digit) => {
            Cow::Owned(format!("+{rest}"))
        }
        _ if text.len() == 11 && text.as_bytes().iter().all(is_digit) => {
            Cow::Owned(format!("+86-{text}"))
        }
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_plus_sign_and_a_missing_country_code_are_put_back() {
        for (text, corrected) in [
            ("+86-15810419011", "+86-15810419011"),
            (" 86-15810419011", "+86-15810419011"),
            (" 8615810419011", "+8615810419011"),
            ("15810419011", "+86-15810419011"),
            (" 15810419011", "+15810419011"),
            ("1581041901", "1581041901"),
            ("  8615810419011", "  8615810419011"),
            (" +8615810419011", " +8615810419011"),
            (" ", " "),
            ("", ""),
        ] {
            assert_eq!(with_country_code(text), corrected, "{text:?}");
        }
    }
}
