//! Random ids.

use uuid::Uuid;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH: usize = 8;

/// A random id of 8 letters or digits (the form is that of seed 001), each as likely as any other: nobody can tell from
/// an id how many users there are.
pub(crate) fn random() -> String {
    let mut id = String::with_capacity(LENGTH);
    while id.len() < LENGTH {
        // Of a version 4 UUID bytes 6 and 8 hold the version and the variant; all bits of the others are random.
        let uuid = Uuid::new_v4().into_bytes();
        let random = uuid[..6].iter().chain(&uuid[9..]);
        // 248 = 4 · 62: without the bytes from there on no character is likelier than another.
        let characters = random
            .filter(|byte| **byte < 248)
            .map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        id.extend(characters.take(LENGTH - id.len()));
    }
    id
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::settings::is_short_id;

    #[test]
    fn an_id_has_8_letters_or_digits_and_is_not_the_one_before() {
        let ids: HashSet<String> = (0..1000).map(|_| random()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| is_short_id(id)), "{ids:?}");
    }

    #[test]
    fn every_character_is_as_likely_as_any_other() {
        let mut counts: HashMap<char, f64> = HashMap::new();
        for character in (0..10_000).flat_map(|_| random().chars().collect::<Vec<_>>()) {
            *counts.entry(character).or_default() += 1.0;
        }
        let expected = 80_000.0 / 62.0;
        let chi_squared: f64 = counts
            .values()
            .map(|count| (count - expected).powi(2) / expected)
            .sum();
        // 61 degrees of freedom: a fair source stays below 150 but for one run in a hundred million.
        assert_eq!(counts.len(), 62);
        assert!(chi_squared < 150.0, "{chi_squared}");
    }
}
