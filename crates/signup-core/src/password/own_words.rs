//! Passwords made of the user's own identifiers.

use zeroize::Zeroizing;

use crate::identifier::{calling_code_length, fold};

/// Shorter words turn up in good passwords by chance (our choice).
const MIN_WORD_CHARACTERS: usize = 4;

/// Whether the password contains a word of one of the identifiers, or is itself a part of one. Case, width and
/// composition do not matter.
///
/// The words are the runs of letters and digits before the at sign (`alice`, `smith` of `alice.smith@example.com`;
/// the domain is no secret of the user) and the national number of a phone number.
pub(super) fn contains_own_word(password: &str, identifiers: &[&str]) -> bool {
    let password = Zeroizing::new(fold(password));
    identifiers.iter().any(|identifier| {
        let identifier = fold(identifier);
        is_part_of(&password, &identifier)
            || own_words(&identifier)
                .any(|word| word.chars().count() >= MIN_WORD_CHARACTERS && password.contains(word))
    })
}

fn is_part_of(password: &str, identifier: &str) -> bool {
    !password.is_empty() && identifier.contains(password)
}

fn own_words(identifier: &str) -> impl Iterator<Item = &str> {
    let own = identifier
        .rsplit_once('@')
        .map_or(identifier, |(local, _)| local);
    let own = national_number(own).unwrap_or(own);
    own.split(|character: char| !character.is_alphanumeric())
}

fn national_number(identifier: &str) -> Option<&str> {
    let digits = identifier.strip_prefix('+')?;
    digits.get(calling_code_length(digits)?..)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTIFIERS: [&str; 3] = ["Happymumu", "alice.smith@example.com", "+8615810419011"];

    #[test]
    fn a_word_of_an_identifier_is_found_whatever_its_case() {
        for password in [
            "happymumu1",
            "xxHAPPYMUMUxx",
            "ｈａｐｐｙｍｕｍｕ!",
            "Smith-2024!",
            "alice alice",
            "a15810419011",
        ] {
            assert!(contains_own_word(password, &IDENTIFIERS), "{password}");
        }
    }

    #[test]
    fn a_piece_of_an_identifier_is_no_password() {
        for password in ["10419011", "smith@example", "ppymum"] {
            assert!(contains_own_word(password, &IDENTIFIERS), "{password}");
        }
    }

    #[test]
    fn other_words_are_not_the_users_own() {
        for password in ["example for all", "86 trombones", "correct horse", ""] {
            assert!(!contains_own_word(password, &IDENTIFIERS), "{password}");
        }
        assert!(!contains_own_word("bobsleigh-ride", &["bob", "", "@", "+"]));
    }
}
