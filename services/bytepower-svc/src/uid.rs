//! Public ids of users.

use uuid::Uuid;

/// The smallest number of 15 digits.
const SMALLEST: u64 = 100_000_000_000_000;

/// How many numbers of 15 digits there are.
const COUNT: u64 = 900_000_000_000_000;

/// A random `uid`: `u` and 15 decimal digits, the first one not 0. The form is that of seed 000, the length our choice:
/// random, so that nobody can tell from an id how many users there are.
pub(crate) fn random() -> String {
    loop {
        // The last 62 bits of a version 4 UUID are random. 50 of them reach just beyond COUNT, and what is beyond is
        // drawn again, so that every id is as likely as any other.
        let random = Uuid::new_v4().as_u64_pair().1 & ((1 << 50) - 1);
        if random < COUNT {
            return format!("u{}", SMALLEST + random);
        }
    }
}

/// Whether a text has the form of seed 000: `u` and decimal digits, the first one not 0. The vendor's are shorter than ours.
pub(crate) fn is_uid(text: &str) -> bool {
    text.strip_prefix('u').is_some_and(|digits| {
        (1..=19).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_uid_is_u_and_15_digits_and_not_the_one_before() {
        let uids: HashSet<String> = (0..1000).map(|_| random()).collect();
        assert_eq!(uids.len(), 1000);
        for uid in uids {
            assert!(is_uid(&uid), "{uid}");
            let digits = uid.strip_prefix('u').unwrap_or_default();
            assert_eq!(digits.len(), 15, "{uid}");
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{uid}");
            assert!(!digits.starts_with('0'), "{uid}");
        }
    }
}
