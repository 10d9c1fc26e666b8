//! A challenge in the caller's hands: an authenticated token that says which code was sent, until when it is good, and
//! what for. Verifying it needs no database.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::code::{Binding, Challenge};
use crate::keys::{KeyRing, KeyUse};
use crate::time::Timestamp;

const VERSION: u8 = 1;
const MAC_BYTES: usize = 16;
/// version, challenge id, created, code's end, token's end, digits, length of the key id
const FIXED_BYTES: usize = 1 + 16 + 8 + 8 + 8 + 1 + 1;

/// Why a token does not help its bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not one of ours, altered, made for another address, application or purpose, or its key left the ring.
    #[error("the token is not valid here")]
    Invalid,
    /// It was ours, and its time is over.
    #[error("the token has expired")]
    Expired,
}

/// Issues and opens challenge tokens.
#[derive(Clone, Copy, Debug)]
pub struct ChallengeToken;

impl ChallengeToken {
    /// A token for this challenge, good for `lifetime` from the challenge's creation; none when its key left the ring.
    pub fn issue(challenge: &Challenge, lifetime: Duration, keys: &KeyRing) -> Option<String> {
        let mut token = vec![VERSION];
        token.extend_from_slice(challenge.id.as_bytes());
        for time in [
            challenge.created_at,
            challenge.expires_at,
            challenge.created_at.after(lifetime),
        ] {
            token.extend_from_slice(&time.as_millis().to_be_bytes());
        }
        token.push(challenge.digits);
        token.push(u8::try_from(challenge.key_id.len()).ok()?);
        token.extend_from_slice(challenge.key_id.as_bytes());
        let mac = mac(&token, &challenge.binding, &challenge.key_id, keys)?;
        token.extend_from_slice(&mac);
        Some(URL_SAFE_NO_PAD.encode(token))
    }

    /// The challenge behind a token that was issued for exactly this binding. Whether the code is still good is for the
    /// caller to see: a token may outlive its code.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn open(
        token: &str,
        binding: Binding,
        now: Timestamp,
        keys: &KeyRing,
    ) -> Result<Challenge, TokenError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|_| TokenError::Invalid)?;
        let (challenge, token_ends, payload, mac_found) =
            read(&bytes, binding).ok_or(TokenError::Invalid)?;
        let expected =
            mac(payload, &challenge.binding, &challenge.key_id, keys).ok_or(TokenError::Invalid)?;
        aws_lc_rs::constant_time::verify_slices_are_equal(&expected, mac_found)
            .map_err(|_| TokenError::Invalid)?;
        if now >= token_ends {
            return Err(TokenError::Expired);
        }
        Ok(challenge)
    }
}

fn mac(payload: &[u8], binding: &Binding, key_id: &str, keys: &KeyRing) -> Option<Vec<u8>> {
    let mut message = payload.to_vec();
    binding.write_to(&mut message);
    let mut mac = keys.key(key_id, KeyUse::Token)?.sign(&message).to_vec();
    mac.truncate(MAC_BYTES);
    Some(mac)
}

fn read(bytes: &[u8], binding: Binding) -> Option<(Challenge, Timestamp, &[u8], &[u8])> {
    let payload_length = bytes.len().checked_sub(MAC_BYTES)?;
    let (payload, mac) = bytes.split_at(payload_length);
    let key_id = payload.get(FIXED_BYTES..)?;
    let time = |at: usize| {
        let bytes: [u8; 8] = payload.get(at..at + 8)?.try_into().ok()?;
        Some(Timestamp::from_millis(i64::from_be_bytes(bytes)))
    };
    if payload[0] != VERSION || usize::from(payload[FIXED_BYTES - 1]) != key_id.len() {
        return None;
    }
    let challenge = Challenge {
        id: Uuid::from_slice(payload.get(1..17)?).ok()?,
        binding,
        key_id: std::str::from_utf8(key_id).ok()?.to_owned(),
        digits: payload[FIXED_BYTES - 2],
        created_at: time(17)?,
        expires_at: time(25)?,
    };
    Some((challenge, time(33)?, payload, mac))
}
