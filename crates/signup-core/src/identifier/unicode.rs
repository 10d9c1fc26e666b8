//! The Unicode rules that all identifiers share.

use caseless::Caseless;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::UnicodeNormalization;

use super::IdentifierError;

/// Asks for text or emoji presentation of the character before it. Keyboards add it unasked ("❤️"), so it is
/// allowed in names, but two names may not differ in it alone.
pub(super) fn is_presentation_selector(character: char) -> bool {
    matches!(character, '\u{FE0E}' | '\u{FE0F}')
}

/// A character that is not seen, or whose meaning is not settled: control, format (zero-width, bidirectional),
/// private use, unassigned, whatever Unicode tells programs to ignore, and the braille pattern without dots, which is a
/// symbol by its category. Unassigned ones are refused because
/// a later Unicode version may give them a case or a decomposition, and keys must never change.
fn is_invisible(character: char) -> bool {
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(character),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
    ) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
        || character == '\u{2800}'
}

/// Whether the character only shows on another one, as an accent does.
pub(super) fn is_mark(character: char) -> bool {
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(character),
        GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
            | GeneralCategory::EnclosingMark
    )
}

/// Refuses invisible characters and white space, the invisible first: a tab or line break is both.
pub(super) fn refuse_unseen(
    characters: impl Iterator<Item = char> + Clone,
) -> Result<(), IdentifierError> {
    if characters.clone().any(is_invisible) {
        return Err(IdentifierError::ControlCharacter);
    }
    if characters.into_iter().any(char::is_whitespace) {
        return Err(IdentifierError::WhiteSpace);
    }
    Ok(())
}

/// Compatibility caseless form (Unicode 16, definition D146), composed. Full case folding can undo a
/// normalisation and the other way round; the standard's two rounds make the result stable.
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .filter(|character| !is_presentation_selector(*character))
        .nfd()
        .default_case_fold()
        .nfkd()
        .default_case_fold()
        .nfkc()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_a_folded_character_changes_nothing() {
        for character in ('\0'..=char::MAX).filter(|character| !is_invisible(*character)) {
            let once = fold(character.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "U+{:04X}", u32::from(character));
        }
    }

    #[test]
    fn case_width_and_composition_do_not_matter() {
        for (left, right) in [
            ("STRASSE", "straße"),
            ("ＢＯＢ", "bob"),
            ("Ame\u{301}lie", "AM\u{C9}LIE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("\u{3B1}\u{345}\u{301}", "\u{1FB4}"),
            ("\u{FB01}n", "FIN"),
            ("ｶﾞ", "ガ"),
            ("❤\u{FE0F}", "❤"),
        ] {
            assert_eq!(fold(left), fold(right), "{left} and {right}");
        }
    }
}
