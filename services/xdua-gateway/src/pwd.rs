//! `pwd`: the MD5 of a password, which clients compute before they send it (seed 001).
//!
//! The password itself never reaches us, so of an application's policy only the deny list can be applied: length,
//! classes and own words cannot be seen in a digest. The digest is what the user's clients present, so it is hashed with
//! bcrypt like any password.

use std::collections::HashSet;
use std::sync::LazyLock;

use md5::{Digest, Md5};
use signup_core::password::{Password, common_passwords};

/// The digests of common passwords: as they stand in the list, with a capital letter first, and in capitals; and of no
/// password at all, which clients send when they do not look at what people typed.
static COMMON: LazyLock<HashSet<[u8; 16]>> = LazyLock::new(|| {
    common_passwords()
        .flat_map(|password| {
            let (first, rest) = password.split_at(1);
            [
                password.to_owned(),
                first.to_ascii_uppercase() + rest,
                password.to_ascii_uppercase(),
            ]
        })
        .chain([String::new()])
        .map(|password| Md5::digest(password.as_bytes()).into())
        .collect()
});

/// A digest that a client has sent.
pub(crate) struct Pwd([u8; 16]);

impl Pwd {
    /// Parses 32 hexadecimal digits in either case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut digest = [0; 16];
        hex::decode_to_slice(text, &mut digest).ok()?;
        Some(Self(digest))
    }

    /// Whether it is the digest of a common password.
    pub(crate) fn is_common(&self) -> bool {
        COMMON.contains(&self.0)
    }

    /// What is hashed and compared at logins: the digits in lower case.
    pub(crate) fn into_password(self) -> Option<Password> {
        Password::new(hex::encode(self.0)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_common(password: &str) -> bool {
        Pwd(Md5::digest(password.as_bytes()).into()).is_common()
    }

    #[test]
    fn common_passwords_are_known_by_their_digests() {
        for password in [
            "",
            "123456",
            "password",
            "Password",
            "PASSWORD",
            "qwertyuiop",
        ] {
            assert!(is_common(password), "{password}");
        }
        assert!(!is_common("correct horse battery staple"));
    }

    #[test]
    fn a_digest_has_32_hexadecimal_digits_and_the_case_does_not_matter() {
        let lower = "0123456789abcdef0123456789abcdef";
        for text in [lower, &lower.to_uppercase()] {
            let password = Pwd::parse(text).and_then(Pwd::into_password);
            assert_eq!(password.expect("a digest").expose(), lower);
        }
        for text in [
            "",
            "123456",
            &lower[1..],
            &format!("{lower}0"),
            &lower.replace('f', "g"),
        ] {
            assert!(Pwd::parse(text).is_none(), "{text}");
        }
    }
}
