//! The password policy of an application.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::own_words::contains_own_word;
use super::{CharacterClass, MAX_PASSWORD_BYTES, Password, PasswordError, is_common};

/// The bcrypt costs that an application may ask for (our choice): below is too cheap to guess, above too slow to
/// sign up with.
pub const BCRYPT_COSTS: RangeInclusive<u32> = 10..=15;

/// Which defaults a policy starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyProfile {
    /// At least 8 characters, no common passwords, no words from the user's identifiers.
    #[default]
    Standard,
    /// At least 6 characters and nothing else, for clients that sign up with passwords such as `123456`.
    Legacy,
}

/// What an application accepts as a password. In files, keys that are left out take the profile's default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "PolicyFile")]
pub struct PasswordPolicy {
    /// Where the defaults come from.
    pub profile: PolicyProfile,
    /// The least number of characters; 8, or 6 in the legacy profile.
    pub min_length: u32,
    /// The greatest number of characters; 72. The limit of 72 bytes applies besides.
    pub max_length: u32,
    /// Classes that must each occur; none.
    pub require: Vec<CharacterClass>,
    /// Refuse common passwords; on, but off in the legacy profile.
    pub deny_common: bool,
    /// Refuse passwords made of the user's own identifiers; on, but off in the legacy profile.
    pub deny_identifiers: bool,
    /// The bcrypt cost for this application; the service's own when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bcrypt_cost: Option<u32>,
}

impl PasswordPolicy {
    /// The defaults of a profile.
    pub const fn of_profile(profile: PolicyProfile) -> Self {
        let standard = matches!(profile, PolicyProfile::Standard);
        Self {
            profile,
            min_length: if standard { 8 } else { 6 },
            max_length: MAX_PASSWORD_BYTES as u32,
            require: Vec::new(),
            deny_common: standard,
            deny_identifiers: standard,
            bcrypt_cost: None,
        }
    }

    /// Whether the policy uses the legacy profile, which operators are warned about.
    pub const fn is_legacy(&self) -> bool {
        matches!(self.profile, PolicyProfile::Legacy)
    }

    /// Refuses combinations that no password could meet, and costs outside [`BCRYPT_COSTS`]; the text names the key,
    /// its fault and what is allowed.
    pub fn validate(&self) -> Result<(), String> {
        if self.min_length == 0 {
            return Err("`min_length` is 0; it must be at least 1".to_owned());
        }
        if self.max_length as usize > MAX_PASSWORD_BYTES {
            return Err(format!(
                "`max_length` is {}; it must be at most {MAX_PASSWORD_BYTES}, the most that bcrypt reads",
                self.max_length
            ));
        }
        if self.min_length > self.max_length {
            return Err(format!(
                "`min_length` is {}; it must not be greater than `max_length`, which is {}",
                self.min_length, self.max_length
            ));
        }
        if self.require.len() > self.max_length as usize {
            return Err(format!(
                "`require` lists {} classes; `max_length` leaves room for {}",
                self.require.len(),
                self.max_length
            ));
        }
        match self.bcrypt_cost {
            Some(cost) if !BCRYPT_COSTS.contains(&cost) => Err(format!(
                "`bcrypt_cost` is {cost}; it must be from {} to {}",
                BCRYPT_COSTS.start(),
                BCRYPT_COSTS.end()
            )),
            _ => Ok(()),
        }
    }

    /// Checks a password for a user with these identifiers (keys or display texts). The first fault is reported:
    /// length, classes, deny list, own identifiers.
    pub fn check(&self, password: &Password, identifiers: &[&str]) -> Result<(), PasswordError> {
        let text = password.expose();
        let length = text.chars().count();
        if length < self.min_length as usize {
            return Err(PasswordError::TooShort {
                min: self.min_length,
            });
        }
        if length > self.max_length as usize {
            return Err(PasswordError::TooLong {
                max: self.max_length,
            });
        }
        let missing = self
            .require
            .iter()
            .find(|class| !text.chars().any(|character| class.contains(character)));
        if let Some(class) = missing {
            return Err(PasswordError::MissingClass { class: *class });
        }
        if self.deny_common && is_common(text) {
            return Err(PasswordError::Common);
        }
        if self.deny_identifiers && contains_own_word(text, identifiers) {
            return Err(PasswordError::ContainsIdentifier);
        }
        Ok(())
    }
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::of_profile(PolicyProfile::Standard)
    }
}

/// The policy as written in a file, where the profile fills the gaps.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    #[serde(default)]
    profile: PolicyProfile,
    min_length: Option<u32>,
    max_length: Option<u32>,
    require: Option<Vec<CharacterClass>>,
    deny_common: Option<bool>,
    deny_identifiers: Option<bool>,
    bcrypt_cost: Option<u32>,
}

impl From<PolicyFile> for PasswordPolicy {
    fn from(file: PolicyFile) -> Self {
        let defaults = Self::of_profile(file.profile);
        Self {
            profile: file.profile,
            min_length: file.min_length.unwrap_or(defaults.min_length),
            max_length: file.max_length.unwrap_or(defaults.max_length),
            require: file.require.unwrap_or(defaults.require),
            deny_common: file.deny_common.unwrap_or(defaults.deny_common),
            deny_identifiers: file.deny_identifiers.unwrap_or(defaults.deny_identifiers),
            bcrypt_cost: file.bcrypt_cost,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn policy(json: &str) -> PasswordPolicy {
        serde_json::from_str(json).unwrap()
    }

    fn check(policy: &PasswordPolicy, text: &str) -> Result<(), PasswordError> {
        let password = Password::new(text.to_owned())?;
        policy.check(&password, &["happymumu"])
    }

    #[test]
    fn the_profile_fills_the_keys_that_are_left_out() {
        assert_eq!(policy("{}"), PasswordPolicy::default());
        let legacy = policy(r#"{"profile":"legacy","deny_common":true}"#);
        assert!(legacy.is_legacy());
        assert_eq!(legacy.min_length, 6);
        assert!(legacy.deny_common);
        assert!(!legacy.deny_identifiers);
    }

    #[test]
    fn a_policy_reads_back_as_it_was_written() {
        let written = policy(
            r#"{"profile":"legacy","min_length":7,"require":["digit","symbol"],"bcrypt_cost":11}"#,
        );
        assert_eq!(policy(&serde_json::to_string(&written).unwrap()), written);
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let refusal = serde_json::from_str::<PasswordPolicy>(r#"{"minimum":8}"#);
        assert!(refusal.unwrap_err().to_string().contains("minimum"));
    }

    #[test]
    fn the_standard_profile_asks_for_eight_uncommon_characters() {
        let standard = PasswordPolicy::default();
        assert_eq!(check(&standard, "correct horse"), Ok(()));
        assert_eq!(
            check(&standard, "123456"),
            Err(PasswordError::TooShort { min: 8 })
        );
        assert_eq!(check(&standard, "密码密码密码密码"), Ok(()));
        assert_eq!(check(&standard, "PassWord"), Err(PasswordError::Common));
        assert_eq!(
            check(&standard, "HappyMumu99"),
            Err(PasswordError::ContainsIdentifier)
        );
    }

    #[test]
    fn the_legacy_profile_accepts_123456() {
        let legacy = PasswordPolicy::of_profile(PolicyProfile::Legacy);
        assert_eq!(check(&legacy, "123456"), Ok(()));
        assert_eq!(check(&legacy, "happymumu"), Ok(()));
        assert_eq!(
            check(&legacy, "12345"),
            Err(PasswordError::TooShort { min: 6 })
        );
    }

    #[test]
    fn every_required_class_must_occur() {
        let strict = policy(r#"{"require":["lower","upper","digit","symbol"],"max_length":12}"#);
        assert_eq!(check(&strict, "Träume-8-Mal"), Ok(()));
        for (text, class) in [
            ("TRAEUME-8-M", CharacterClass::Lower),
            ("traeume-8-m", CharacterClass::Upper),
            ("Traeume-x-m", CharacterClass::Digit),
            ("Traeume8密码", CharacterClass::Symbol),
        ] {
            assert_eq!(
                check(&strict, text),
                Err(PasswordError::MissingClass { class })
            );
        }
        assert_eq!(
            check(&strict, "Träume-8-Mal!"),
            Err(PasswordError::TooLong { max: 12 })
        );
    }

    #[test]
    fn impossible_policies_are_refused_naming_the_key() {
        for (json, key) in [
            (r#"{"min_length":0}"#, "min_length"),
            (r#"{"min_length":9,"max_length":8}"#, "min_length"),
            (r#"{"max_length":73}"#, "max_length"),
            (
                r#"{"min_length":1,"max_length":1,"require":["digit","lower"]}"#,
                "require",
            ),
            (r#"{"bcrypt_cost":9}"#, "bcrypt_cost"),
            (r#"{"bcrypt_cost":16}"#, "bcrypt_cost"),
        ] {
            let refusal = policy(json).validate().unwrap_err();
            assert!(refusal.contains(key), "{json}: {refusal}");
        }
        for profile in [PolicyProfile::Standard, PolicyProfile::Legacy] {
            assert_eq!(PasswordPolicy::of_profile(profile).validate(), Ok(()));
        }
    }
}
