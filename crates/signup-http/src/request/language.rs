//! `Accept-Language` (RFC 9110, section 12.5.4), for the two languages that we speak.

use signup_core::context::Language;

/// The language with the highest weight; the first of equals. `None` when the caller asks for neither, or for anything.
pub(crate) fn preferred(accept_language: &str) -> Option<Language> {
    let mut best = None;
    for range in accept_language.split(',') {
        let (tag, weight) = match range.split_once(';') {
            Some((tag, parameter)) => (tag, parse_weight(parameter)),
            None => (range, Some(1000)),
        };
        let (Some(language), Some(weight)) = (parse_language(tag.trim()), weight) else {
            continue;
        };
        if weight > best.map_or(0, |(_, highest)| highest) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

fn parse_language(tag: &str) -> Option<Language> {
    let primary = tag.split('-').next()?;
    if primary.eq_ignore_ascii_case("zh") {
        Some(Language::Chinese)
    } else if primary.eq_ignore_ascii_case("en") {
        Some(Language::English)
    } else {
        None
    }
}

/// `q=0.8` in thousandths; `None` for what is no weight.
fn parse_weight(parameter: &str) -> Option<u16> {
    let value = parameter.trim().strip_prefix(['q', 'Q'])?.trim_start();
    let weight: f32 = value.strip_prefix('=')?.trim().parse().ok()?;
    // In range, so the cast cannot cut anything but the fraction.
    (0.0..=1.0)
        .contains(&weight)
        .then_some((weight * 1000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_with_the_highest_weight_wins() {
        use Language::{Chinese, English};
        for (header, language) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Chinese)),
            ("fr, en;q=0.7, zh;q=0.3", Some(English)),
            ("zh;q=0.3, EN-gb;q=0.31", Some(English)),
            ("en, zh", Some(English)),
            ("zh;q=0, en;q=0", None),
            ("en;q=much, zh;q=0.1", Some(Chinese)),
            ("de, fr;q=0.5", None),
            ("*", None),
            ("", None),
            ("english", None),
        ] {
            assert_eq!(preferred(header), language, "{header:?}");
        }
    }
}
