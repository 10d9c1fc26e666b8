//! The secrets that calls are signed with (Standard Webhooks 1.0, symmetric signatures).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signup_core::keys::{KeyRing, SealError};
use signup_core::mask::Secret;
use signup_core::time::Timestamp;
use signup_store::{Resealed, Webhook};

/// What every secret begins with.
const PREFIX: &str = "whsec_";
/// Random bytes in a secret of ours; the specification wants 24 to 64.
const LENGTH: usize = 32;
const ALLOWED_LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// Why there is no secret. Never holds one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The system gives no random numbers.
    #[error("no random secret could be made")]
    Random,
    /// The text is none.
    #[error("it is not `whsec_` and 24 to 64 bytes in base64")]
    Malformed,
    /// It cannot be sealed or opened.
    #[error("the webhook's secret cannot be used: {0}")]
    Seal(#[from] SealError),
}

/// A secret that both ends know. `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct SigningSecret(Secret<Vec<u8>>);

impl SigningSecret {
    /// Makes a new one.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn generate() -> Result<Self, SecretError> {
        let mut bytes = vec![0; LENGTH];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| SecretError::Random)?;
        Ok(Self(Secret::new(bytes)))
    }

    /// Reads `whsec_` and base64.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        text.strip_prefix(PREFIX)
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .filter(|bytes| ALLOWED_LENGTHS.contains(&bytes.len()))
            .map(|bytes| Self(Secret::new(bytes)))
            .ok_or(SecretError::Malformed)
    }

    /// The secret as its receiver configures it; to be shown once.
    pub fn expose(&self) -> Secret<String> {
        Secret::new(format!("{PREFIX}{}", STANDARD.encode(self.0.expose())))
    }

    /// The secret as it is stored, bound to its webhook.
    ///
    /// # Errors
    /// Sealing failed.
    pub fn seal(&self, keys: &KeyRing, webhook: &str) -> Result<String, SecretError> {
        Ok(keys.seal(self.expose().expose(), &owner(webhook))?)
    }

    /// One signature: `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64.
    pub fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose());
        let content = format!("{id}.{seconds}.{body}");
        let tag = hmac::sign(&key, content.as_bytes());
        format!("v1,{}", STANDARD.encode(tag.as_ref()))
    }
}

/// The secrets that a webhook's calls are signed with at `now`: its own, and the one before it until that ends.
///
/// # Errors
/// The secret was sealed with a key that is not in the ring any more, or is broken.
pub fn open_secrets(
    keys: &KeyRing,
    webhook: &Webhook,
    now: Timestamp,
) -> Result<Vec<SigningSecret>, SecretError> {
    let open = |sealed: &str| -> Result<SigningSecret, SecretError> {
        let text = keys.open(sealed, &owner(&webhook.id))?;
        SigningSecret::parse(text.expose())
    };
    let mut secrets = vec![open(&webhook.sealed_secret)?];
    if let Some((previous, until)) = &webhook.previous_secret
        && now < *until
    {
        // Without it, receivers that know only the old secret refuse the call; the others need not suffer for that.
        match open(previous) {
            Ok(secret) => secrets.push(secret),
            Err(error) => log::error!(
                event = "webhook.secret", webhook = webhook.id.as_str();
                "calls are signed with the new secret only, the one before it is lost: {error}"
            ),
        }
    }
    Ok(secrets)
}

/// Seals a webhook's secrets with the ring's current key: those that are not up to date.
///
/// # Errors
/// One cannot be opened: its key is not in the ring, or it was altered.
pub fn reseal(keys: &KeyRing, webhook: &Webhook) -> Result<Vec<Resealed>, SealError> {
    let previous = webhook.previous_secret.as_ref().map(|(sealed, _)| sealed);
    let mut resealed = Vec::new();
    for from in [&webhook.sealed_secret].into_iter().chain(previous) {
        if let Some(to) = keys.reseal(from, &owner(&webhook.id))? {
            let from = from.clone();
            resealed.push(Resealed { from, to });
        }
    }
    Ok(resealed)
}

fn owner(webhook: &str) -> String {
    format!("webhook/{webhook}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_generated_secret_reads_back_and_is_not_shown() {
        let secret = SigningSecret::generate().unwrap();
        let text = secret.expose();
        let again = SigningSecret::parse(text.expose()).unwrap();
        assert_eq!(again.sign("a", 1, "{}"), secret.sign("a", 1, "{}"));
        assert!(!format!("{secret:?}").contains(&text.expose()[6..]));
    }

    #[test]
    fn signatures_are_those_of_the_reference_library() {
        let secret = SigningSecret::generate().unwrap();
        let reference = standardwebhooks::Webhook::new(secret.expose().expose()).unwrap();
        let body = r#"{"type":"signup.webhook.test"}"#;
        assert_eq!(
            secret.sign("msg_1", 1_649_367_553, body),
            reference
                .sign("msg_1", 1_649_367_553, body.as_bytes())
                .unwrap()
        );
    }

    #[test]
    fn a_secret_has_24_to_64_bytes() {
        for (length, good) in [(23, false), (24, true), (64, true), (65, false)] {
            let text = format!("whsec_{}", STANDARD.encode(vec![7; length]));
            assert_eq!(SigningSecret::parse(&text).is_ok(), good, "{length}");
        }
        assert!(SigningSecret::parse("C2FVsBQIhrscChlQIMV+b5sSYspob7oD").is_err());
    }
}
