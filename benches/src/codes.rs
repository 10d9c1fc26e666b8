//! Codes in bulk: rows of `otp_challenges`, and the sign-up requests that use them up.
//!
//! A code exists nowhere; it is derived from a challenge with the service's key, and so is the token that a client gets.
//! So both are made here exactly as the service makes them, without a million requests for codes. That they are the same
//! is proved once per run ([`crate::stand`]).

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use signup_core::code::{Binding, Challenge, ChallengeToken, Channel, SIGN_UP};
use signup_core::keys::KeyRing;
use signup_core::time::Timestamp;
use uuid::Uuid;

use crate::load::requests::RequestWriter;
use crate::requests::post_json;

/// The application that signs people up by phone: `declarations/ciam.toml`.
pub const APPLICATION: &str = "bench-phone";

/// Long enough for the longest run.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// The columns of a row that [`mint`] writes.
pub const COLUMNS: &str = "id, provider, application_id, purpose, channel, address, key_id, digits, state, \
                           wrong_tries, created_at, expires_at";

/// Eight digits that differ for every number below 100 million, and that are spread over all of them: whoever signs up
/// next has a phone number anywhere among those who are there already. The factor is a prime that does not divide 10^8.
pub const SPREAD: u64 = 57_885_161;

/// How many phone numbers there are.
const NUMBERS: u64 = 100_000_000;

/// The phone number of a person, without the country's code.
pub fn phone_number(person: u64) -> String {
    format!("136{:08}", person.wrapping_mul(SPREAD) % NUMBERS)
}

/// The challenge of a code that is sent to a person now.
pub fn challenge(person: u64, key_id: &str) -> anyhow::Result<Challenge> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let now = Timestamp::from_millis(i64::try_from(now)?);
    Ok(Challenge {
        id: Uuid::now_v7(),
        binding: binding(person),
        key_id: key_id.to_owned(),
        digits: 6,
        created_at: now,
        expires_at: now.after(LIFETIME),
    })
}

/// What a person's code is good for.
pub fn binding(person: u64) -> Binding {
    Binding {
        provider: "ciam".to_owned(),
        application: APPLICATION.to_owned(),
        purpose: SIGN_UP.to_owned(),
        channel: Channel::Sms,
        address: format!("+86{}", phone_number(person)),
    }
}

/// The request for a code that is sent to a person.
pub fn ask(person: u64, authorization: &str) -> Vec<u8> {
    let number = phone_number(person);
    let body = format!(r#"{{"usage":"signup","phone_number":"{number}"}}"#);
    post_json("/otp/send", &[("Authorization", authorization)], &body)
}

/// The request that signs a person up with a token and a code.
pub fn sign_up(person: u64, token: &str, code: &str, authorization: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"phone_number":"{}","phone_number_otp_token":"{token}","phone_number_otp":"{code}"}}"#,
        phone_number(person)
    );
    post_json("/signup", &[("Authorization", authorization)], &body)
}

/// Makes codes for persons: `rows` gets their challenges for COPY, `requests` their sign-ups.
///
/// # Errors
/// A file cannot be written.
pub fn mint(
    persons: std::ops::Range<u64>,
    keys: &KeyRing,
    authorization: &str,
    rows: &Path,
    requests: &Path,
) -> anyhow::Result<()> {
    let mut row_file = BufWriter::new(std::fs::File::create(rows)?);
    let mut request_file = RequestWriter::create(requests)?;
    let mut row = String::new();
    for person in persons {
        let challenge = challenge(person, keys.current_id())?;
        let token = ChallengeToken::issue(&challenge, LIFETIME, keys);
        let (token, code) = token
            .zip(challenge.code(keys))
            .context("the key that was just made is missing")?;
        row.clear();
        writeln!(
            row,
            "{}\tciam\t{APPLICATION}\t{SIGN_UP}\tsms\t{}\t{}\t6\tlive\t0\t{}\t{}",
            challenge.id,
            challenge.binding.address,
            challenge.key_id,
            challenge.created_at.as_millis(),
            challenge.expires_at.as_millis()
        )?;
        row_file.write_all(row.as_bytes())?;
        request_file.push(&sign_up(person, &token, code.expose(), authorization))?;
    }
    row_file.flush()?;
    request_file.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn phone_numbers_differ_and_are_spread() {
        let numbers: BTreeSet<_> = (0..20_000).map(phone_number).collect();
        assert_eq!(numbers.len(), 20_000);
        assert!(numbers.iter().all(|number| number.len() == 11));
        let first: BTreeSet<_> = numbers.iter().map(|number| &number[3..5]).collect();
        assert_eq!(first.len(), 100, "every beginning occurs");
    }

    #[test]
    fn a_minted_row_has_every_column() {
        let folder = tempfile::tempdir().unwrap();
        let (rows, requests) = (folder.path().join("rows"), folder.path().join("requests"));
        let keys = KeyRing::parse("k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").unwrap();
        mint(5..8, &keys, "Basic eDp5", &rows, &requests).unwrap();
        let rows = std::fs::read_to_string(rows).unwrap();
        assert_eq!(rows.lines().count(), 3);
        let columns = COLUMNS.split(',').count();
        assert!(rows.lines().all(|row| row.split('\t').count() == columns));
    }
}
