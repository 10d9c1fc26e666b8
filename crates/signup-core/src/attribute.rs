//! Plain attributes: checked text that identifies nobody.

mod pattern;

use std::ops::Range;
use std::str::FromStr;

use jiff::civil::Date;
use language_tags::LanguageTag;

pub use pattern::{Pattern, PatternError};

/// The most characters that one text attribute may have (our choice).
pub const MAX_TEXT_CHARACTERS: usize = 1_024;
/// RFC 5646, section 4.4.1: a buffer of this size holds every tag in use.
const MAX_LANGUAGE_TAG_CHARACTERS: usize = 35;

/// Why a text is no value for an attribute. The messages never repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    /// More than [`MAX_TEXT_CHARACTERS`].
    #[error("must be at most {MAX_TEXT_CHARACTERS} characters long")]
    TooLong,
    /// A control character, line breaks included.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// Not a day of the calendar in the expected form.
    #[error("must be a calendar date of the form {0}")]
    NotADate(&'static str),
}

/// Returns `text` when it is at most 1,024 characters without control characters. It may be empty.
pub fn text_attribute(text: &str) -> Result<&str, AttributeError> {
    if text.chars().nth(MAX_TEXT_CHARACTERS).is_some() {
        return Err(AttributeError::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(AttributeError::ControlCharacter);
    }
    Ok(text)
}

/// Whether `text` is the name of a time zone or link in the IANA database, such as `Asia/Shanghai`; case counts.
pub fn is_zone_name(text: &str) -> bool {
    chrono_tz::Tz::from_str(text).is_ok()
}

/// Whether `text` is a well-formed BCP 47 tag of at most 35 characters, such as `zh-Hans-CN`.
pub fn is_language_tag(text: &str) -> bool {
    text.len() <= MAX_LANGUAGE_TAG_CHARACTERS
        // The parser takes private-use tags with empty or overlong parts.
        && text.split('-').all(|part| matches!(part.len(), 1..=8))
        && LanguageTag::parse(text).is_ok()
}

/// Parses `YYYYMMDD`, years 0001 to 9999.
pub fn parse_compact_date(text: &str) -> Result<Date, AttributeError> {
    date_of(text, [0..4, 4..6, 6..8], 8).ok_or(AttributeError::NotADate("YYYYMMDD"))
}

/// Parses `YYYY-MM-DD`, years 0001 to 9999.
pub fn parse_iso_date(text: &str) -> Result<Date, AttributeError> {
    let hyphens = [4, 7].map(|at| text.as_bytes().get(at));
    (hyphens == [Some(&b'-'); 2])
        .then(|| date_of(text, [0..4, 5..7, 8..10], 10))
        .flatten()
        .ok_or(AttributeError::NotADate("YYYY-MM-DD"))
}

fn date_of(text: &str, fields: [Range<usize>; 3], length: usize) -> Option<Date> {
    if text.len() != length {
        return None;
    }
    let [year, month, day] = fields.map(|field| number(text.get(field)?));
    // PostgreSQL has no year 0.
    let year = year.filter(|year| *year > 0)?;
    Date::new(year, i8::try_from(month?).ok()?, i8::try_from(day?).ok()?).ok()
}

fn number(digits: &str) -> Option<i16> {
    // `parse` alone would take a sign.
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_text_attribute_has_at_most_1024_characters_and_no_control_characters() {
        let longest = "木".repeat(1_024);
        assert_eq!(text_attribute(&longest), Ok(longest.as_str()));
        assert_eq!(
            text_attribute(&(longest + "x")),
            Err(AttributeError::TooLong)
        );
        assert_eq!(text_attribute(""), Ok(""));
        for text in ["a\0", "a\nb", "\t", "\u{85}"] {
            assert_eq!(text_attribute(text), Err(AttributeError::ControlCharacter));
        }
    }

    #[test]
    fn zone_names_are_those_of_the_iana_database() {
        for name in ["Asia/Shanghai", "UTC", "America/Argentina/Ushuaia", "PRC"] {
            assert!(is_zone_name(name), "{name}");
        }
        for name in ["", "asia/shanghai", "Asia/Atlantis", "+08:00", "UTC "] {
            assert!(!is_zone_name(name), "{name}");
        }
    }

    #[test]
    fn language_tags_are_well_formed_bcp_47() {
        for tag in [
            "zh",
            "zh-CN",
            "zh-Hans-CN",
            "en-us",
            "x-private",
            "i-klingon",
        ] {
            assert!(is_language_tag(tag), "{tag}");
        }
        for tag in [
            "",
            "z",
            "zh_CN",
            "zh--CN",
            "x-",
            "x--a",
            "x-toolongpart",
            "中文",
        ] {
            assert!(!is_language_tag(tag), "{tag}");
        }
        assert!(!is_language_tag(
            &["x", &["abcdefgh"; 4].join("-")].join("-")
        ));
    }

    #[test]
    fn dates_are_days_of_the_calendar_in_exactly_one_form() {
        assert_eq!(parse_compact_date("19860823"), Ok(date(1986, 8, 23)));
        assert_eq!(parse_iso_date("2024-02-29"), Ok(date(2024, 2, 29)));
        for text in [
            "",
            "19860832",
            "20230229",
            "00000101",
            "1986823",
            "198608230",
            "+9860823",
            "1986-08-23",
            "１９８６",
        ] {
            assert!(parse_compact_date(text).is_err(), "{text}");
        }
        for text in [
            "",
            "20240229",
            "2023-02-29",
            "2024-2-29",
            "2024/02/29",
            "-024-02-29",
            "2024-02-2９",
            "2024-02-29T",
        ] {
            assert!(parse_iso_date(text).is_err(), "{text}");
        }
    }
}
