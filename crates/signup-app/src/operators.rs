//! Operators of the console: what their passwords must be like, and how new ones are made.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use signup_core::password::{Password, PasswordError, is_common};
use signup_core::user::PasswordHash;

use crate::app::App;
use crate::hash_pool::HashError;

/// As whom the hash threads serve operators.
pub const HASHED_FOR: &str = "console/operators";

/// Time for a hash outside of any request: the machine may have much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// Fewest characters of an operator's password.
const MIN_CHARACTERS: u32 = 12;

/// Random bytes of a generated password: 24 characters.
const RANDOM_BYTES: usize = 18;

/// A password that an operator may have: at least 12 characters, none of the common ones, without the operator's name.
///
/// # Errors
/// The first rule that is broken; its text begins with a verb and does not repeat the password.
pub fn check_password(text: &str, name: &str) -> Result<Password, PasswordError> {
    let password = Password::new(text.to_owned())?;
    let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    if characters < MIN_CHARACTERS {
        return Err(PasswordError::TooShort {
            min: MIN_CHARACTERS,
        });
    }
    if is_common(text) {
        return Err(PasswordError::Common);
    }
    if text.to_lowercase().contains(name) {
        return Err(PasswordError::ContainsIdentifier);
    }
    Ok(password)
}

/// A password that nobody can guess, for an operator to begin with; none if the system gives no random numbers.
pub fn random_password() -> Option<String> {
    let mut bytes = [0; RANDOM_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

/// Hashes an operator's password on the hash threads, outside of any request.
///
/// # Errors
/// See [`HashPool::hash`](crate::hash_pool::HashPool::hash).
pub async fn hash(app: &App, password: Password) -> Result<PasswordHash, HashError> {
    let deadline = Instant::now() + PATIENCE;
    let cost = app.settings.hash.cost;
    app.hash_pool
        .hash(HASHED_FOR, password, cost, deadline)
        .await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_operator_has_a_strong_password() {
        for (password, is_good) in [
            ("correct horse battery", true),
            ("short", false),
            ("elevenchars", false),
            ("Ana.Li is here", false),
            ("qwertyuiop123", false),
        ] {
            assert_eq!(
                check_password(password, "ana.li").is_ok(),
                is_good,
                "{password}"
            );
        }
        assert_eq!(
            check_password(&"x".repeat(73), "ana").unwrap_err(),
            PasswordError::TooManyBytes
        );
    }

    #[test]
    fn generated_passwords_are_good_and_differ() {
        let (one, other) = (random_password().unwrap(), random_password().unwrap());
        assert_ne!(one, other);
        assert!(check_password(&one, "ana").is_ok());
    }
}
