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
        match parsed.mainland_part() {
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
        self.mainland_part()
    }

    fn mainland_part(&self) -> Option<&str> {
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
