//! Phone numbers.

use std::fmt;

use super::{IdentifierError, MainlandSegments, calling_code_length};
use crate::mask::mask_phone;

/// E.164 allows 15 digits, calling code included; no country in use has fewer than 7 (our choice).
const MIN_DIGITS: usize = 7;
const MAX_DIGITS: usize = 15;
const MAINLAND_DIGITS: usize = 11;
const MAINLAND_PREFIX: &str = "+86";

/// A phone number in E.164 form, with the spelling that the user chose.
///
/// Only ASCII digits count. Full-width digits are refused rather than converted: the number goes to a carrier,
/// and no phone keyboard produces them.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber {
    display: String,
    key: String,
    prefix_length: usize,
}

impl PhoneNumber {
    /// Parses `+8615810419011` or `+86-15810419011`: a plus sign, the country code, at most one hyphen after it,
    /// 7 to 15 digits in all. A number of mainland China must be a mobile number.
    pub fn parse_international(text: &str) -> Result<Self, IdentifierError> {
        if text.is_empty() {
            return Err(IdentifierError::Empty);
        }
        let rest = text.strip_prefix('+').ok_or(IdentifierError::MissingPlus)?;
        let (code, number) = match rest.split_once('-') {
            Some((code, number)) => (Some(code), number),
            None => (None, rest),
        };
        let digits = format!("{}{number}", code.unwrap_or_default());
        if !is_digits(&digits) {
            return Err(IdentifierError::NotDigits);
        }
        if !(MIN_DIGITS..=MAX_DIGITS).contains(&digits.len()) {
            return Err(IdentifierError::WrongDigitCount {
                min: MIN_DIGITS,
                max: MAX_DIGITS,
            });
        }
        let code_length = calling_code_length(&digits).ok_or(IdentifierError::BadCountryCode)?;
        if code.is_some_and(|code| code.len() != code_length) {
            return Err(IdentifierError::BadCountryCode);
        }
        let parsed = Self {
            display: text.to_owned(),
            key: format!("+{digits}"),
            prefix_length: code_length + 1,
        };
        match parsed.national_mainland() {
            Some(national) if !is_mainland_mobile(national) => {
                Err(IdentifierError::NotMainlandMobile)
            }
            _ => Ok(parsed),
        }
    }

    /// Parses the 11 digits of a mobile number of mainland China whose first digits are in `segments`.
    pub fn parse_mainland(
        text: &str,
        segments: &MainlandSegments,
    ) -> Result<Self, IdentifierError> {
        if text.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if !is_digits(text) {
            return Err(IdentifierError::NotDigits);
        }
        if text.len() != MAINLAND_DIGITS {
            return Err(IdentifierError::WrongDigitCount {
                min: MAINLAND_DIGITS,
                max: MAINLAND_DIGITS,
            });
        }
        if !segments.contains(text) {
            return Err(IdentifierError::UnknownSegment);
        }
        Ok(Self {
            display: text.to_owned(),
            key: format!("{MAINLAND_PREFIX}{text}"),
            prefix_length: MAINLAND_PREFIX.len(),
        })
    }

    /// What the user typed, character for character.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The number in E.164 form: a plus sign and digits.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The country code with its plus sign, such as `+86`.
    pub fn country_prefix(&self) -> &str {
        self.key.get(..self.prefix_length).unwrap_or_default()
    }

    /// The 11 digits of a number of mainland China; `None` for any other country.
    pub fn national_mainland(&self) -> Option<&str> {
        self.key.strip_prefix(MAINLAND_PREFIX)
    }

    pub(super) fn into_parts(self) -> (String, String) {
        (self.display, self.key)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PhoneNumber({})", mask_phone(&self.key))
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_mainland_mobile(national: &str) -> bool {
    national.len() == MAINLAND_DIGITS && matches!(national.as_bytes(), [b'1', b'3'..=b'9', ..])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn international(text: &str) -> Result<String, IdentifierError> {
        PhoneNumber::parse_international(text).map(|number| number.key)
    }

    fn mainland(text: &str) -> Result<String, IdentifierError> {
        PhoneNumber::parse_mainland(text, &MainlandSegments::default()).map(|number| number.key)
    }

    #[test]
    fn a_hyphen_after_the_country_code_makes_no_difference() {
        for (text, key, prefix) in [
            ("+8615810419011", "+8615810419011", "+86"),
            ("+86-15810419011", "+8615810419011", "+86"),
            ("+1-2025550123", "+12025550123", "+1"),
            ("+852-61234567", "+85261234567", "+852"),
        ] {
            let number = PhoneNumber::parse_international(text).unwrap();
            assert_eq!(number.display(), text);
            assert_eq!(number.key(), key);
            assert_eq!(number.country_prefix(), prefix);
        }
    }

    #[test]
    fn a_mainland_number_has_one_key_in_both_forms() {
        let local =
            PhoneNumber::parse_mainland("13800138000", &MainlandSegments::default()).unwrap();
        let international = PhoneNumber::parse_international("+86-13800138000").unwrap();
        assert_eq!(local.key(), international.key());
        assert_eq!(local.national_mainland(), Some("13800138000"));
        assert_eq!(local.country_prefix(), "+86");
        let foreign = PhoneNumber::parse_international("+85261234567").unwrap();
        assert_eq!(foreign.national_mainland(), None);
    }

    #[test]
    fn an_international_number_has_7_to_15_digits() {
        let wrong_count = Err(IdentifierError::WrongDigitCount { min: 7, max: 15 });
        assert!(international("+6834001").is_ok());
        assert_eq!(international("+683400"), wrong_count);
        assert!(international("+491234567890123").is_ok());
        assert_eq!(international("+4912345678901234"), wrong_count);
        assert_eq!(international("+"), wrong_count);
    }

    #[test]
    fn other_spellings_of_an_international_number_are_refused() {
        for (text, reason) in [
            ("", IdentifierError::Empty),
            ("15810419011", IdentifierError::MissingPlus),
            (" 8615810419011", IdentifierError::MissingPlus),
            ("＋8615810419011", IdentifierError::MissingPlus),
            ("+８６15810419011", IdentifierError::NotDigits),
            ("+86 15810419011", IdentifierError::NotDigits),
            ("+86-158-1041-9011", IdentifierError::NotDigits),
            ("+86-15810419011\n", IdentifierError::NotDigits),
            ("++8615810419011", IdentifierError::NotDigits),
            ("+8-615810419011", IdentifierError::BadCountryCode),
            ("+861-5810419011", IdentifierError::BadCountryCode),
            ("+-8615810419011", IdentifierError::BadCountryCode),
            ("+08615810419011", IdentifierError::BadCountryCode),
        ] {
            assert_eq!(international(text), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn a_mainland_number_must_be_a_mobile_number() {
        for text in [
            "+86-12810419011",
            "+86-75512345678",
            "+86-015810419011",
            "+86-1581041901",
            "+86-158104190111",
        ] {
            assert_eq!(
                international(text),
                Err(IdentifierError::NotMainlandMobile),
                "{text}"
            );
        }
    }

    #[test]
    fn a_national_number_has_eleven_digits_of_a_known_segment() {
        assert_eq!(mainland("15810419011").as_deref(), Ok("+8615810419011"));
        assert_eq!(mainland("17030000000").as_deref(), Ok("+8617030000000"));
        let wrong_count = IdentifierError::WrongDigitCount { min: 11, max: 11 };
        for (text, reason) in [
            ("", IdentifierError::Empty),
            ("1581041901", wrong_count),
            ("158104190111", wrong_count),
            ("+8615810419011", IdentifierError::NotDigits),
            ("１５８10419011", IdentifierError::NotDigits),
            ("15400000000", IdentifierError::UnknownSegment),
            ("19200000000", IdentifierError::UnknownSegment),
            ("12345678901", IdentifierError::UnknownSegment),
        ] {
            assert_eq!(mainland(text), Err(reason), "{text:?}");
        }
    }
}
