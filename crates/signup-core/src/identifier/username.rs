//! User names.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::IdentifierError;
use super::unicode::{fold, is_mark, is_presentation_selector, refuse_unseen};
use crate::mask::mask_text;

const OPEN_MAX_CHARACTERS: usize = 64;
const ASCII_MAX_CHARACTERS: usize = 32;

/// Which names an application accepts. Both rules ignore case when they compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsernameRule {
    /// 1 to 64 characters of any script after NFKC, without white space and invisible characters, and not marks alone.
    Open,
    /// A letter, then letters, digits and underscores, all ASCII; at most 32.
    Ascii,
}

/// A user name that keeps to a [`UsernameRule`].
#[derive(Clone, PartialEq, Eq)]
pub struct Username {
    display: String,
    key: String,
}

impl Username {
    /// Checks `text` against `rule`.
    pub fn parse(text: &str, rule: UsernameRule) -> Result<Self, IdentifierError> {
        let key = match rule {
            UsernameRule::Open => open_key(text)?,
            UsernameRule::Ascii => ascii_key(text)?,
        };
        Ok(Self {
            display: text.to_owned(),
            key,
        })
    }

    /// What the user typed, character for character.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The compatibility-normalised, case-folded name. Folding can lengthen a name: at most 192 characters.
    pub fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn into_parts(self) -> (String, String) {
        (self.display, self.key)
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Username({})", mask_text(&self.key))
    }
}

fn open_key(text: &str) -> Result<String, IdentifierError> {
    // Taking one more than allowed keeps the work bounded however long the text is.
    let normalised: String = text.nfkc().take(OPEN_MAX_CHARACTERS + 1).collect();
    if normalised.chars().count() > OPEN_MAX_CHARACTERS {
        return Err(IdentifierError::TooLong {
            max: OPEN_MAX_CHARACTERS,
        });
    }
    let visible = normalised
        .chars()
        .filter(|character| !is_presentation_selector(*character));
    // NFKC turns some visible characters into a space and a mark, so the result is what counts.
    refuse_unseen(visible)?;
    let key = fold(&normalised);
    if key.is_empty() {
        return Err(IdentifierError::Empty);
    }
    if normalised.chars().all(is_mark) {
        return Err(IdentifierError::OnlyMarks);
    }
    Ok(key)
}

fn ascii_key(text: &str) -> Result<String, IdentifierError> {
    let first = text.chars().next().ok_or(IdentifierError::Empty)?;
    if text.chars().count() > ASCII_MAX_CHARACTERS {
        return Err(IdentifierError::TooLong {
            max: ASCII_MAX_CHARACTERS,
        });
    }
    if !first.is_ascii_alphabetic() {
        return Err(IdentifierError::BadStart);
    }
    if !text
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || character == '_')
    {
        return Err(IdentifierError::BadCharacter);
    }
    Ok(text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn open(text: &str) -> Result<String, IdentifierError> {
        Username::parse(text, UsernameRule::Open).map(|name| name.key)
    }

    fn ascii(text: &str) -> Result<String, IdentifierError> {
        Username::parse(text, UsernameRule::Ascii).map(|name| name.key)
    }

    #[test]
    fn the_display_text_is_kept_as_typed() {
        let name = Username::parse("ＨａｐｐｙMumu", UsernameRule::Open).unwrap();
        assert_eq!(name.display(), "ＨａｐｐｙMumu");
        assert_eq!(name.key(), "happymumu");
    }

    #[test]
    fn an_open_name_has_one_to_64_characters_after_normalisation() {
        assert_eq!(open(""), Err(IdentifierError::Empty));
        assert_eq!(open("\u{FE0F}"), Err(IdentifierError::Empty));
        assert!(open(&"木".repeat(64)).is_ok());
        assert!(open(&"e\u{301}".repeat(64)).is_ok());
        let too_long = Err(IdentifierError::TooLong { max: 64 });
        assert_eq!(open(&"木".repeat(65)), too_long);
        assert_eq!(open(&"\u{FB03}".repeat(22)), too_long);
    }

    #[test]
    fn unseen_characters_are_refused_in_open_names() {
        for text in [
            "a\0",
            "a\n",
            "a\u{7F}",
            "a\u{200B}b",
            "a\u{202E}b",
            "\u{FEFF}a",
            "a\u{AD}b",
            "\u{3164}",
            "\u{E000}",
            "\u{378}",
            "a\u{2028}b",
            "\u{2800}",
            "a\u{2800}b",
        ] {
            let refusal = open(text);
            assert!(
                matches!(
                    refusal,
                    Err(IdentifierError::ControlCharacter | IdentifierError::WhiteSpace)
                ),
                "{text:?} gave {refusal:?}"
            );
        }
        for text in [" a", "a b", "a\u{A0}", "a\u{3000}b", "\u{B4}"] {
            assert_eq!(open(text), Err(IdentifierError::WhiteSpace), "{text:?}");
        }
    }

    #[test]
    fn an_open_name_has_something_that_its_marks_stand_on() {
        for marks in ["\u{301}", "\u{301}\u{20DD}", "\u{FF9E}", "\u{301}\u{FE0F}"] {
            assert_eq!(open(marks), Err(IdentifierError::OnlyMarks), "{marks:?}");
        }
        for name in ["e\u{301}", "\u{E01}\u{E34}", "1\u{20E3}"] {
            assert!(open(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn an_ascii_name_starts_with_a_letter() {
        assert_eq!(ascii("Zhang_3"), Ok("zhang_3".to_owned()));
        assert_eq!(ascii(""), Err(IdentifierError::Empty));
        assert_eq!(ascii("_a"), Err(IdentifierError::BadStart));
        assert_eq!(ascii("3a"), Err(IdentifierError::BadStart));
        assert_eq!(ascii("Ａb"), Err(IdentifierError::BadStart));
    }

    #[test]
    fn an_ascii_name_has_only_letters_digits_and_underscores() {
        for text in ["a-b", "a.b", "a b", "aé", "a\n", "a＿b", "a٣"] {
            assert_eq!(ascii(text), Err(IdentifierError::BadCharacter), "{text:?}");
        }
        assert!(ascii(&"a".repeat(32)).is_ok());
        assert_eq!(
            ascii(&"a".repeat(33)),
            Err(IdentifierError::TooLong { max: 32 })
        );
    }
}
