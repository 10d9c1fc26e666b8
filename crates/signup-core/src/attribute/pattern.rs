//! Patterns that an operator sets for an attribute.

use std::fmt;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

const MAX_PATTERN_BYTES: usize = 1_024;
/// Bounds the compiled form of a pattern, so that `(\w{999}){999}` in a file cannot use up the memory.
/// A Unicode class takes some 20 KiB per repetition: room for `\w{1,64}`.
const MAX_COMPILED_BYTES: usize = 4 << 20;

/// A regular expression that a whole value must match. Written as a string in files.
///
/// Matching takes time linear in the value; the pattern's text is limited to 1,024 bytes and its compiled form to
/// 4 MiB.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    source: String,
    whole: Regex,
}

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The text of the pattern is longer than 1,024 bytes.
    #[error("the pattern is longer than {MAX_PATTERN_BYTES} bytes")]
    TooLong,
    /// The pattern is malformed, or too large once compiled.
    #[error("the pattern is not usable: {0}")]
    Malformed(String),
}

impl Pattern {
    /// Compiles a pattern in the syntax of the `regex` crate.
    pub fn parse(source: &str) -> Result<Self, PatternError> {
        if source.len() > MAX_PATTERN_BYTES {
            return Err(PatternError::TooLong);
        }
        // Compiled alone first: `a)|(b` is malformed, but would pass, and escape the anchors, between brackets.
        compile(source)?;
        Ok(Self {
            source: source.to_owned(),
            whole: compile(&format!(r"\A(?:{source})\z"))?,
        })
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the whole value matches.
    pub fn matches(&self, value: &str) -> bool {
        self.whole.is_match(value)
    }
}

fn compile(source: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(source)
        .size_limit(MAX_COMPILED_BYTES)
        .dfa_size_limit(MAX_COMPILED_BYTES)
        .build()
        .map_err(|error| PatternError::Malformed(error.to_string()))
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Pattern({:?})", self.source)
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(source: String) -> Result<Self, Self::Error> {
        Self::parse(&source)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.source
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_pattern_must_match_the_whole_value() {
        let pattern = Pattern::parse("a|bc").unwrap();
        assert!(pattern.matches("a") && pattern.matches("bc"));
        assert!(!pattern.matches("ab") && !pattern.matches("abc") && !pattern.matches("a\n"));
        assert!(!Pattern::parse("(?m)^a$").unwrap().matches("a\nb"));
    }

    #[test]
    fn a_pattern_cannot_escape_its_anchors_or_grow_without_bound() {
        for source in ["a)|(b", "(", "(?x)a # comment", r"(\w{999}){999}"] {
            assert!(
                matches!(Pattern::parse(source), Err(PatternError::Malformed(_))),
                "{source}"
            );
        }
        assert_eq!(
            Pattern::parse(&"a".repeat(1_025)),
            Err(PatternError::TooLong)
        );
        for source in [
            r"\p{Han}{2,20}",
            r"[\w.-]{1,64}",
            r"^\d{17}[\dXx]$",
            r"\S{1,255}",
        ] {
            assert!(Pattern::parse(source).is_ok(), "{source}");
        }
    }

    #[test]
    fn a_pattern_is_a_string_in_files() {
        let pattern: Pattern = serde_json::from_str(r#""[0-9]+""#).unwrap();
        assert_eq!(pattern.as_str(), "[0-9]+");
        assert_eq!(serde_json::to_string(&pattern).unwrap(), r#""[0-9]+""#);
        assert!(serde_json::from_str::<Pattern>(r#""[""#).is_err());
    }
}
