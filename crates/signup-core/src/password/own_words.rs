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
