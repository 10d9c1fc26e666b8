//! What holds for identifiers whatever text comes in.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use signup_core::identifier::{
    EmailAddress, Identifier, MainlandSegments, PhoneNumber, Username, UsernameRule,
};
use unicode_normalization::UnicodeNormalization;

/// Text that often gets past the first rule: letters with case, width and composition variants, and a few traps.
fn tricky_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9ａ-ｚＡ-Ｚ０-９ßſΣσςİıǆÅé\u{301}\u{345}\u{FB01}木]{1,70}",
        "[\\p{L}\\p{M}\\p{N}]{1,20}",
        "[a-zA-Z0-9_\u{200B}\u{202E}\u{FE0F}\0 ]{1,40}",
    ]
}

fn email_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9.+_ａ-ｚéß\"]{1,66}@[a-zA-Z0-9.éß例-]{1,40}",
        "[a-z]{1,5}@[\\p{L}\\p{M}]{1,10}\\.[\\p{L}]{2,4}",
    ]
}

fn phone_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\+?[0-9-]{5,18}",
        "\\+86-?1[0-9]{9,11}",
        "1[0-9]{10}",
        "[+＋]?[0-9０-９٠-٩]{7,15}",
    ]
}

fn full_width(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '!'..='~' => char::from_u32(u32::from(character) + 0xFEE0).unwrap(),
            other => other,
        })
        .collect()
}

fn open(text: &str) -> Username {
    Username::parse(text, UsernameRule::Open).unwrap()
}

proptest! {
    #[test]
    fn an_open_name_obeys_its_limits_and_is_kept_as_typed(text in tricky_text()) {
        if let Ok(name) = Username::parse(&text, UsernameRule::Open) {
            prop_assert_eq!(name.display(), &text);
            prop_assert!((1..=64).contains(&text.nfkc().count()));
            prop_assert!((1..=192).contains(&name.key().chars().count()));
            let clean = |part: &str| !part.chars().any(|c| c.is_control() || c.is_whitespace());
            prop_assert!(clean(&text) && clean(name.key()));
        }
    }

    #[test]
    fn the_key_of_an_open_name_is_its_own_key(text in tricky_text()) {
        if let Ok(name) = Username::parse(&text, UsernameRule::Open)
            && name.key().chars().count() <= 64
        {
            let (first, again) = (name.key(), open(name.key()));
            prop_assert_eq!(again.key(), first);
        }
    }

    #[test]
    fn variants_of_an_open_name_share_its_key(text in tricky_text()) {
        if let Ok(name) = Username::parse(&text, UsernameRule::Open) {
            let variants = [
                text.nfc().collect::<String>(),
                text.nfd().collect(),
                text.nfkd().collect(),
                full_width(&text),
                text.to_ascii_uppercase(),
            ];
            for variant in variants {
                let variant = open(&variant);
                prop_assert_eq!(variant.key(), name.key());
            }
        }
    }

    #[test]
    fn an_ascii_name_obeys_its_limits(text in prop_oneof![tricky_text(), "[a-zA-Z_0-9]{0,34}"]) {
        if let Ok(name) = Username::parse(&text, UsernameRule::Ascii) {
            prop_assert!((1..=32).contains(&text.len()));
            prop_assert!(text.starts_with(|c: char| c.is_ascii_alphabetic()));
            let again = Username::parse(name.key(), UsernameRule::Ascii).unwrap();
            prop_assert_eq!(again.key(), name.key());
            let upper = Username::parse(&text.to_uppercase(), UsernameRule::Ascii).unwrap();
            prop_assert_eq!(upper.key(), name.key());
        }
    }

    #[test]
    fn an_address_obeys_its_limits_and_its_key_is_its_own_key(text in email_text()) {
        if let Ok(address) = EmailAddress::parse(&text) {
            prop_assert_eq!(address.display(), &text);
            prop_assert!(text.len() <= 254 && address.key().len() <= 254);
            let (local, domain) = address.key().rsplit_once('@').unwrap();
            prop_assert!((1..=64).contains(&local.len()) && !local.contains(['@', '"', '<', ' ']));
            prop_assert_eq!(domain, address.domain());
            prop_assert!(domain.is_ascii() && domain.contains('.'));
            prop_assert!(!domain.bytes().any(|byte| byte.is_ascii_uppercase()));
            let again = EmailAddress::parse(address.key()).unwrap();
            prop_assert_eq!(again.key(), address.key());
        }
    }

    #[test]
    fn case_and_width_do_not_matter_in_an_address(
        local in "[a-zA-Z0-9]{1,20}",
        domain in "[a-zA-Z]{1,10}\\.[a-zA-Z]{2,3}",
    ) {
        let plain = EmailAddress::parse(&format!("{local}@{domain}")).unwrap();
        for variant in [
            format!("{local}@{domain}").to_uppercase(),
            format!("{}@{}", full_width(&local), full_width(&domain)),
        ] {
            let variant = EmailAddress::parse(&variant).unwrap();
            prop_assert_eq!(variant.key(), plain.key());
        }
    }

    #[test]
    fn a_number_is_e164_and_its_key_is_its_own_key(text in phone_text()) {
        let segments = MainlandSegments::default();
        let parsed = [
            PhoneNumber::parse_international(&text),
            PhoneNumber::parse_mainland(&text, &segments),
        ];
        for number in parsed.into_iter().flatten() {
            prop_assert_eq!(number.display(), &text);
            let digits = number.key().strip_prefix('+').unwrap();
            prop_assert!((7..=15).contains(&digits.len()) && !digits.starts_with('0'));
            prop_assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
            prop_assert!((2..=4).contains(&number.country_prefix().len()));
            prop_assert_eq!(number.country_prefix() == "+86", number.national_mainland().is_some());
            let again = PhoneNumber::parse_international(number.key()).unwrap();
            prop_assert_eq!(again.key(), number.key());
        }
    }

    #[test]
    fn a_national_number_has_the_key_of_its_international_forms(number in "1[3-9][0-9]{9}") {
        let key = format!("+86{number}");
        if let Ok(national) = PhoneNumber::parse_mainland(&number, &MainlandSegments::default()) {
            prop_assert_eq!(national.key(), &key);
        }
        for form in [key.clone(), format!("+86-{number}")] {
            let form = PhoneNumber::parse_international(&form).unwrap();
            prop_assert_eq!(form.key(), &key);
        }
    }

    #[test]
    fn debug_output_never_holds_the_identifier(
        name in "[a-z]{4,20}",
        number in "1[3-9][0-9]{9}",
    ) {
        let phone = PhoneNumber::parse_international(&format!("+86{number}")).unwrap();
        let email = EmailAddress::parse(&format!("{name}@example.org")).unwrap();
        let username = open(&name);
        let mut printed = format!("{phone:?} {email:?} {username:?}");
        for identifier in [
            Identifier::from(phone),
            Identifier::from(email),
            Identifier::from(username),
        ] {
            printed += &format!("{identifier:?} {}", identifier.masked());
        }
        // The fixed words of the output are not the name's.
        let printed = ["PhoneNumber", "EmailAddress", "Username", "Identifier", "example", "phone",
            "email", "username"].iter().fold(printed, |text, word| text.replace(word, ""));
        prop_assert!(!printed.contains(&name));
        prop_assert!(!printed.contains(&number));
    }
}
