//! What holds for masks and plain attributes whatever text comes in.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use signup_core::attribute::{
    Pattern, is_language_tag, is_zone_name, parse_compact_date, parse_iso_date, text_attribute,
};
use signup_core::mask::{mask_email, mask_phone, mask_text};

proptest! {
    #[test]
    fn a_text_mask_shows_one_character_at_most(text in any::<String>()) {
        let masked = mask_text(&text);
        let shown = masked.strip_suffix("***").unwrap();
        prop_assert!(shown.chars().count() <= 1 && text.starts_with(shown));
    }

    #[test]
    fn an_email_mask_shows_one_character_and_the_domain_at_most(
        text in prop_oneof![any::<String>(), "[a-z@.]{0,20}", "[a-z]{1,9}@[a-z]{1,9}\\.com"],
    ) {
        let masked = mask_email(&text);
        let (shown, domain) = masked.split_once("***").unwrap();
        prop_assert!(shown.chars().count() <= 1);
        prop_assert!(domain.is_empty() || text.ends_with(domain) && domain.starts_with('@'));
        prop_assert!(!masked.contains(char::is_control));
    }

    #[test]
    fn a_phone_mask_hides_at_least_four_digits_of_the_national_number(
        text in prop_oneof![any::<String>(), "\\+?[0-9-]{0,20}"],
    ) {
        let masked = mask_phone(&text);
        let digits = |part: &str| part.bytes().filter(u8::is_ascii_digit).count();
        prop_assert!(masked.contains("***"));
        let shown = digits(masked.rsplit(' ').next().unwrap());
        prop_assert!(shown <= 7);
        prop_assert!(shown == 0 || shown + 4 <= digits(&text));
    }

    #[test]
    fn attribute_checks_take_any_text(text in any::<String>()) {
        let _ = (is_zone_name(&text), is_language_tag(&text));
        if let Ok(same) = text_attribute(&text) {
            prop_assert_eq!(same, &text);
        }
        if let Ok(pattern) = Pattern::parse(&text) {
            let _ = pattern.matches(&text);
        }
    }

    #[test]
    fn a_language_tag_keeps_to_its_alphabet_and_length(text in "[a-zA-Z0-9-]{0,40}") {
        if is_language_tag(&text) {
            prop_assert!((1..=35).contains(&text.len()));
            prop_assert!(text.split('-').all(|part| (1..=8).contains(&part.len())));
        }
    }

    #[test]
    fn a_date_reads_back_in_the_form_it_was_written(text in prop_oneof![
        any::<String>(),
        "[0-9]{4}[01][0-9][0-3][0-9]",
        "[0-9]{4}-[01][0-9]-[0-3][0-9]",
    ]) {
        if let Ok(date) = parse_compact_date(&text) {
            prop_assert_eq!(date.strftime("%Y%m%d").to_string(), text.clone());
        }
        if let Ok(date) = parse_iso_date(&text) {
            prop_assert_eq!(date.to_string(), text);
        }
    }
}
