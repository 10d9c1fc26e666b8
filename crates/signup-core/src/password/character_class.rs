//! Kinds of characters that a password policy can ask for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of character that a policy can ask for. Anything that is neither letter nor digit is a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CharacterClass {
    /// A lower-case letter of any script.
    Lower,
    /// An upper-case letter of any script.
    Upper,
    /// A digit from 0 to 9.
    Digit,
    /// Neither letter nor digit of any script.
    Symbol,
}

impl CharacterClass {
    pub(super) fn contains(self, character: char) -> bool {
        match self {
            Self::Lower => character.is_lowercase(),
            Self::Upper => character.is_uppercase(),
            Self::Digit => character.is_ascii_digit(),
            Self::Symbol => !character.is_alphanumeric(),
        }
    }
}

impl fmt::Display for CharacterClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Lower => "a lower-case letter",
            Self::Upper => "an upper-case letter",
            Self::Digit => "a digit",
            Self::Symbol => "a symbol",
        })
    }
}
