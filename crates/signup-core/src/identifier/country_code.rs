//! International calling codes.

/// The calling code of a number in E.164 form, without the plus sign: `86` of `+8615810419011`.
pub fn calling_code(number: &str) -> Option<&str> {
    let digits = number.strip_prefix('+')?;
    digits.get(..calling_code_length(digits)?)
}

/// How many digits of an E.164 number (without the plus sign) are the calling code: 1 to 3, or `None` when no
/// calling code starts like this. Source: ITU-T E.164 assigns zones 1 and 7 whole, lists the two-digit codes
/// below and gives every other code three digits.
pub(crate) fn calling_code_length(digits: &str) -> Option<usize> {
    match digits.as_bytes() {
        [b'1' | b'7', ..] => Some(1),
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => Some(2),
        [b'2'..=b'9', b'0'..=b'9', b'0'..=b'9', ..] => Some(3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_begins_with_its_calling_code() {
        assert_eq!(calling_code("+8615810419011"), Some("86"));
        assert_eq!(calling_code("+12025550123"), Some("1"));
        for no_number in ["8615810419011", "+0", "+", "", "alice@example.com"] {
            assert_eq!(calling_code(no_number), None, "{no_number}");
        }
    }

    #[test]
    fn codes_have_one_to_three_digits() {
        for (digits, length) in [
            ("12025550123", Some(1)),
            ("79161234567", Some(1)),
            ("8613800138000", Some(2)),
            ("447700900123", Some(2)),
            ("85261234567", Some(3)),
            ("886912345678", Some(3)),
            ("35312345678", Some(3)),
            ("0861380013", None),
            ("85", None),
            ("8", None),
            ("", None),
        ] {
            assert_eq!(calling_code_length(digits), length, "{digits}");
        }
    }
}
