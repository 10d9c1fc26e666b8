//! What holds for passwords whatever text comes in.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use proptest::sample::select;
use signup_core::password::{
    Password, PasswordError, PasswordPolicy, PolicyProfile, common_passwords, is_common,
};

fn any_policy() -> impl Strategy<Value = PasswordPolicy> {
    (0..80_u32, 0..80_u32, any::<bool>(), any::<bool>()).prop_map(
        |(min_length, max_length, deny_common, deny_identifiers)| PasswordPolicy {
            min_length,
            max_length,
            deny_common,
            deny_identifiers,
            ..PasswordPolicy::default()
        },
    )
}

proptest! {
    #[test]
    fn a_password_is_kept_whole_or_refused(
        text in prop_oneof![any::<String>(), "[a-z密é😀]{17,73}", "[a-z\0]{1,10}"],
    ) {
        match Password::new(text.clone()) {
            Ok(password) => {
                prop_assert_eq!(password.expose(), &text);
                prop_assert!(text.len() <= 72 && !text.contains('\0'));
            }
            Err(PasswordError::TooManyBytes) => prop_assert!(text.len() > 72),
            Err(PasswordError::NulByte) => prop_assert!(text.contains('\0')),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn an_accepted_password_obeys_its_policy(
        text in "\\PC{0,18}",
        policy in any_policy(),
        identifier in "\\PC{0,12}",
    ) {
        if let Ok(password) = Password::new(text.clone())
            && policy.check(&password, &[&identifier]).is_ok()
        {
            let length = text.chars().count();
            prop_assert!(length >= policy.min_length as usize);
            prop_assert!(length <= policy.max_length as usize);
            prop_assert!(!policy.deny_common || !is_common(&text));
        }
    }

    #[test]
    fn a_valid_policy_that_asks_for_no_more_accepts_some_password(policy in any_policy()) {
        if policy.validate().is_ok() {
            let text: String = "\u{17e}\u{e9}".chars().cycle().take(policy.min_length.min(36) as usize).collect();
            let filler = "#".repeat((policy.min_length as usize).saturating_sub(36));
            let fits = text.len() + filler.len() <= 72;
            let accepted = Password::new(text + &filler)
                .is_ok_and(|password| policy.check(&password, &[]).is_ok());
            prop_assert_eq!(accepted, fits);
        }
    }

    #[test]
    fn case_never_hides_a_common_password(
        entry in select(common_passwords().collect::<Vec<_>>()),
        upper in proptest::collection::vec(any::<bool>(), 32),
    ) {
        let mixed: String = entry
            .chars()
            .zip(upper.into_iter().cycle())
            .map(|(character, upper)| if upper { character.to_ascii_uppercase() } else { character })
            .collect();
        prop_assert!(is_common(&mixed));
        let standard = PasswordPolicy::default();
        prop_assert!(standard.check(&Password::new(mixed).unwrap(), &[]).is_err());
    }

    #[test]
    fn a_password_made_of_the_name_is_refused(
        name in "[a-zA-Z]{4,20}",
        before in "[0-9]{0,10}",
        after in "[0-9]{4,10}",
    ) {
        let password = Password::new(format!("{before}{name}{after}")).unwrap();
        let standard = PasswordPolicy { deny_common: false, ..PasswordPolicy::default() };
        prop_assert_eq!(
            standard.check(&password, &[&name.to_uppercase()]),
            Err(PasswordError::ContainsIdentifier)
        );
        let legacy = PasswordPolicy::of_profile(PolicyProfile::Legacy);
        prop_assert_eq!(legacy.check(&password, &[&name]), Ok(()));
    }
}
