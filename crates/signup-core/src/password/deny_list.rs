//! The passwords that guessing starts with.
//!
//! `common-passwords.txt` holds one lower-case ASCII password per line, in byte order: the 3,200 most common ones of
//! at least 8 characters (so that the list still has thousands of entries under the default minimum length) and
//! the 2,000 most common ones of 6 or 7. They were picked from the list of 20,000 that Royce Williams compiled
//! from published breaches and that Django ships under the 3-clause BSD licence.

use std::sync::LazyLock;

static SORTED: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());

/// Every password of the list, in lower case.
pub fn common_passwords() -> impl Iterator<Item = &'static str> {
    SORTED.iter().copied()
}

/// Whether the list has this password, upper or lower case alike.
pub fn is_common(password: &str) -> bool {
    // Compared byte by byte, so that no lower-case copy of the password is left in memory.
    let lower_case = || password.bytes().map(|byte| byte.to_ascii_lowercase());
    SORTED
        .binary_search_by(|entry| entry.bytes().cmp(lower_case()))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_lower_case_and_long_enough() {
        assert!(SORTED.is_sorted_by(|left, right| left < right));
        assert!(common_passwords().all(|entry| entry.len() >= 6
            && entry.bytes().all(|byte| byte.is_ascii_graphic())
            && entry == entry.to_ascii_lowercase()));
        let long = common_passwords().filter(|entry| entry.len() >= 8).count();
        assert!(long >= 3_000, "{long}");
    }

    #[test]
    fn case_does_not_hide_a_common_password() {
        for password in ["123456", "password", "PassWord", "QWERTYUIOP", "a123456"] {
            assert!(is_common(password), "{password}");
        }
        for password in ["", "correct horse battery", "passwor", "密码密码"] {
            assert!(!is_common(password), "{password}");
        }
    }

    #[test]
    fn every_entry_is_found() {
        assert!(common_passwords().all(|entry| is_common(&entry.to_ascii_uppercase())));
    }
}
