//! One-time codes, challenge tokens and sealed secrets, from outside.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use proptest::prelude::*;
use signup_core::code::{Binding, Challenge, ChallengeToken, Channel, TokenError};
use signup_core::keys::{KeyRing, KeyRingError, SealError};
use signup_core::time::Timestamp;
use uuid::Uuid;

const OLD: &str = "old:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW: &str = "new:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";
const NOW: Timestamp = Timestamp::from_millis(1_726_658_461_000);
const TOKEN_LIFE: Duration = Duration::from_secs(300);

fn ring(keys: &[&str]) -> KeyRing {
    KeyRing::parse(&keys.join(",")).unwrap()
}

fn binding() -> Binding {
    Binding {
        provider: "acme".into(),
        application: "shop".into(),
        purpose: "sign-up".into(),
        channel: Channel::Sms,
        address: "+8613612345678".into(),
    }
}

fn challenge(key_id: &str, digits: u8) -> Challenge {
    Challenge {
        id: Uuid::from_u128(7),
        binding: binding(),
        key_id: key_id.into(),
        digits,
        created_at: NOW,
        expires_at: NOW.after(Duration::from_secs(60)),
    }
}

/// Every way in which a binding can differ in one part.
fn other_bindings() -> Vec<Binding> {
    let change = |change: fn(&mut Binding)| {
        let mut binding = binding();
        change(&mut binding);
        binding
    };
    vec![
        change(|binding| binding.provider = "other".into()),
        change(|binding| binding.application = "other".into()),
        change(|binding| binding.purpose = "login".into()),
        change(|binding| binding.channel = Channel::Email),
        change(|binding| binding.address = "+8613612345679".into()),
        change(|binding| {
            // The same letters, cut at another place.
            binding.provider = "acmes".into();
            binding.application = "hop".into();
        }),
    ]
}

#[test]
fn a_code_is_the_same_for_who_sends_it_and_who_checks_it() {
    let challenge = challenge("old", 6);
    let code = challenge.code(&ring(&[OLD])).unwrap();
    assert_eq!(challenge.code(&ring(&[NEW, OLD])), Some(code.clone()));
    assert!(code.matches(code.expose()));
    assert_eq!(code.expose().len(), 6);
}

#[test]
fn a_code_depends_on_all_that_it_is_bound_to() {
    let keys = ring(&[OLD, NEW]);
    // Long codes, so that a chance match is out of the question.
    let code = challenge("old", 64).code(&keys).unwrap();
    for binding in other_bindings() {
        let mut other = challenge("old", 64);
        other.binding = binding;
        assert!(
            !other.code(&keys).unwrap().matches(code.expose()),
            "{other:?}"
        );
    }
    let mut other = challenge("old", 64);
    other.id = Uuid::from_u128(8);
    assert!(!other.code(&keys).unwrap().matches(code.expose()));
    assert!(
        !challenge("new", 64)
            .code(&keys)
            .unwrap()
            .matches(code.expose())
    );
}

#[test]
fn without_its_key_there_is_no_code_and_no_token() {
    let challenge = challenge("old", 6);
    assert_eq!(challenge.code(&ring(&[NEW])), None);
    assert_eq!(
        ChallengeToken::issue(&challenge, TOKEN_LIFE, &ring(&[NEW])),
        None
    );
}

#[test]
fn the_digits_of_codes_are_evenly_spread() {
    let keys = ring(&[OLD]);
    let mut counts = [0_u32; 10];
    for number in 0..2_000 {
        let mut challenge = challenge("old", 6);
        challenge.id = Uuid::from_u128(number);
        for digit in challenge.code(&keys).unwrap().expose().bytes() {
            counts[usize::from(digit - b'0')] += 1;
        }
    }
    // 12,000 digits: 1,200 each, with a standard deviation of 33.
    assert!(
        counts.iter().all(|count| (1_000..1_400).contains(count)),
        "{counts:?}"
    );
}

#[test]
fn nothing_shows_a_code_or_a_whole_address_by_accident() {
    let challenge = challenge("old", 6);
    let code = challenge.code(&ring(&[OLD])).unwrap();
    let shown = format!("{code:?} {challenge:?} {:?}", ring(&[OLD]));
    assert!(!shown.contains(code.expose()), "{shown}");
    assert!(!shown.contains("13612345678"), "{shown}");
    assert!(!shown.contains("AAECAwQF"), "{shown}");
}

#[test]
fn a_token_opens_for_its_own_binding_until_its_end() {
    let keys = ring(&[OLD]);
    let issued = challenge("old", 6);
    let token = ChallengeToken::issue(&issued, TOKEN_LIFE, &keys).unwrap();
    let last = NOW.after(TOKEN_LIFE - Duration::from_millis(1));
    for now in [NOW, last] {
        assert_eq!(
            ChallengeToken::open(&token, binding(), now, &keys),
            Ok(issued.clone())
        );
    }
    assert_eq!(
        ChallengeToken::open(&token, binding(), NOW.after(TOKEN_LIFE), &keys),
        Err(TokenError::Expired)
    );
}

#[test]
fn a_token_survives_the_rotation_of_its_key_and_not_its_removal() {
    let issued = challenge("old", 6);
    let token = ChallengeToken::issue(&issued, TOKEN_LIFE, &ring(&[OLD])).unwrap();
    assert!(ChallengeToken::open(&token, binding(), NOW, &ring(&[NEW, OLD])).is_ok());
    assert_eq!(
        ChallengeToken::open(&token, binding(), NOW, &ring(&[NEW])),
        Err(TokenError::Invalid)
    );
}

#[test]
fn a_token_is_of_no_use_for_anything_else() {
    let keys = ring(&[OLD]);
    let token = ChallengeToken::issue(&challenge("old", 6), TOKEN_LIFE, &keys).unwrap();
    for binding in other_bindings() {
        assert_eq!(
            ChallengeToken::open(&token, binding, NOW, &keys),
            Err(TokenError::Invalid)
        );
    }
}

#[test]
fn a_sealed_secret_opens_for_its_owner_only() {
    let keys = ring(&[OLD]);
    let sealed = keys.seal("hunter2", "acme/server-key/k1").unwrap();
    assert!(!sealed.contains("hunter2"));
    let opened = ring(&[NEW, OLD]).open(&sealed, "acme/server-key/k1");
    assert_eq!(opened.unwrap().expose(), "hunter2");
    assert_eq!(
        keys.open(&sealed, "acme/server-key/k2").unwrap_err(),
        SealError::Broken
    );
    assert_eq!(
        ring(&[NEW])
            .open(&sealed, "acme/server-key/k1")
            .unwrap_err(),
        SealError::UnknownKey("old".into())
    );
}

#[test]
fn a_resealed_secret_needs_the_current_key_only() {
    let sealed = ring(&[OLD]).seal("hunter2", "acme/server-key/k1").unwrap();
    let both = ring(&[NEW, OLD]);

    let resealed = both.reseal(&sealed, "acme/server-key/k1").unwrap().unwrap();

    let opened = ring(&[NEW]).open(&resealed, "acme/server-key/k1");
    assert_eq!(opened.unwrap().expose(), "hunter2");
    assert_eq!(both.reseal(&resealed, "acme/server-key/k1"), Ok(None));
    assert_eq!(
        both.reseal(&sealed, "acme/server-key/k2"),
        Err(SealError::Broken)
    );
}

#[test]
fn key_rings_say_what_is_wrong_with_them() {
    for (text, expected) in [
        ("", KeyRingError::Empty),
        (" ,\n", KeyRingError::Empty),
        ("k1", KeyRingError::Malformed(1)),
        ("k1:c2hvcnQ=", KeyRingError::Malformed(1)),
        (
            ":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            KeyRingError::Malformed(1),
        ),
    ] {
        assert_eq!(KeyRing::parse(text).unwrap_err(), expected, "{text:?}");
    }
    let twice = format!("{OLD},{OLD}");
    assert_eq!(
        KeyRing::parse(&twice).unwrap_err(),
        KeyRingError::Repeated("old".into())
    );
}

proptest! {
    #[test]
    fn any_length_of_code_has_exactly_that_many_digits(id: u128, digits in 1_u8..=128) {
        let mut challenge = challenge("old", digits);
        challenge.id = Uuid::from_u128(id);
        let code = challenge.code(&ring(&[OLD])).unwrap();
        prop_assert_eq!(code.expose().len(), usize::from(digits));
        prop_assert!(code.expose().bytes().all(|byte| byte.is_ascii_digit()));
    }

    #[test]
    fn a_token_with_any_other_byte_is_refused(position: prop::sample::Index, flip in 1_u8..=127) {
        let keys = ring(&[OLD]);
        let token = ChallengeToken::issue(&challenge("old", 6), TOKEN_LIFE, &keys).unwrap();
        let mut bytes = token.clone().into_bytes();
        let at = position.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(altered) = String::from_utf8(bytes) {
            prop_assert_eq!(
                ChallengeToken::open(&altered, binding(), NOW, &keys),
                Err(TokenError::Invalid)
            );
        }
    }

    #[test]
    fn no_text_opens_as_token_or_seal(text: String) {
        let keys = ring(&[OLD]);
        prop_assert!(ChallengeToken::open(&text, binding(), NOW, &keys).is_err());
        prop_assert!(keys.open(&text, "owner").is_err());
    }
}
