//! Passwords: what can be hashed at all, and what an application's policy accepts.

mod character_class;
mod deny_list;
mod own_words;
mod policy;

use std::fmt;

use zeroize::Zeroizing;

pub use character_class::CharacterClass;
pub use deny_list::{common_passwords, is_common};
pub use policy::{BCRYPT_COSTS, PasswordPolicy, PolicyProfile};

/// bcrypt reads no further than this many bytes; anything longer is refused instead of cut.
pub const MAX_PASSWORD_BYTES: usize = 72;

/// A password as the user typed it, overwritten when dropped and hidden from `Debug`.
pub struct Password(Zeroizing<String>);

impl Password {
    /// Refuses what bcrypt would cut: more than 72 bytes of UTF-8, or a NUL byte. Refused text is overwritten too.
    pub fn new(text: String) -> Result<Self, PasswordError> {
        let text = Zeroizing::new(text);
        if text.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordError::TooManyBytes);
        }
        if text.as_bytes().contains(&0) {
            return Err(PasswordError::NulByte);
        }
        Ok(Self(text))
    }

    /// The text itself, for hashing and for checking a policy.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}

/// The first rule that a password broke. The messages say nothing about the password itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// More than [`MAX_PASSWORD_BYTES`].
    #[error("must be at most {MAX_PASSWORD_BYTES} bytes long")]
    TooManyBytes,
    /// A NUL byte, which ends a password for bcrypt.
    #[error("must not contain a NUL byte")]
    NulByte,
    /// Fewer characters than the policy asks for.
    #[error("must have at least {min} characters")]
    TooShort {
        /// The least number of characters.
        min: u32,
    },
    /// More characters than the policy allows.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The greatest number of characters.
        max: u32,
    },
    /// No character of a required class.
    #[error("must contain {class}")]
    MissingClass {
        /// The class that is missing.
        class: CharacterClass,
    },
    /// In the list of common passwords.
    #[error("is one of the most common passwords")]
    Common,
    /// Made of the user's own name, address or number.
    #[error("must not contain the user's own name, e-mail address or phone number")]
    ContainsIdentifier,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn accepted(text: &str) -> Result<String, PasswordError> {
        Password::new(text.to_owned()).map(|password| password.expose().to_owned())
    }

    #[test]
    fn seventy_two_bytes_is_the_most_and_nothing_is_cut() {
        for length in [0, 1, 71, 72] {
            let text = "x".repeat(length);
            assert_eq!(accepted(&text), Ok(text));
        }
        assert_eq!(accepted(&"x".repeat(73)), Err(PasswordError::TooManyBytes));
    }

    #[test]
    fn bytes_are_counted_not_characters() {
        let three_bytes_each = "密".repeat(24);
        assert_eq!(accepted(&three_bytes_each), Ok(three_bytes_each));
        let across_the_edge = "x".repeat(70) + "密";
        assert_eq!(across_the_edge.len(), 73);
        assert_eq!(accepted(&across_the_edge), Err(PasswordError::TooManyBytes));
        let up_to_the_edge = "x".repeat(69) + "密";
        assert_eq!(accepted(&up_to_the_edge), Ok(up_to_the_edge));
    }

    #[test]
    fn a_nul_byte_is_refused_wherever_it_stands() {
        for text in ["\0", "\0secret", "sec\0ret", "secret\0"] {
            assert_eq!(accepted(text), Err(PasswordError::NulByte));
        }
    }

    #[test]
    fn debug_output_hides_the_password() {
        let password = Password::new("correct horse".to_owned()).unwrap();
        assert_eq!(format!("{password:?}"), "Password(…)");
    }
}
