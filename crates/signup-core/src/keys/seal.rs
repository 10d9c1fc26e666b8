//! Secrets that we must use again (HMAC keys, private signing keys) are stored sealed: AES-256-GCM under a key from the
//! ring, so that a dump of the database is of no use.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ring::{KeyRing, KeyUse, UseKey};
use crate::mask::Secret;

/// Why a sealed secret cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key it was sealed with is not in the ring.
    #[error("it was sealed with key `{0}`, which is not in secrets.keys")]
    UnknownKey(String),
    /// It was altered, or belongs to another owner.
    #[error("it was altered or belongs to another record")]
    Broken,
}

impl KeyRing {
    /// Seals a secret for its owner (`owner` is bound in and must be given again to open it). The text has the form
    /// `key-id:base64(nonce ‖ ciphertext ‖ tag)`.
    ///
    /// # Errors
    /// The cipher failed, which does not happen with a key of the right length.
    pub fn seal(&self, secret: &str, owner: &str) -> Result<String, SealError> {
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| SealError::Broken)?;
        let mut text = secret.as_bytes().to_vec();
        cipher(self.seal_key(self.current_id())?)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(owner.as_bytes()),
                &mut text,
            )
            .map_err(|_| SealError::Broken)?;
        let sealed = [nonce.as_slice(), &text].concat();
        Ok(format!("{}:{}", self.current_id(), STANDARD.encode(sealed)))
    }

    /// Opens what [`KeyRing::seal`] made for the same owner.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn open(&self, sealed: &str, owner: &str) -> Result<Secret<String>, SealError> {
        let (key_id, sealed) = sealed.split_once(':').ok_or(SealError::Broken)?;
        let key = cipher(self.seal_key(key_id)?)?;
        let bytes = STANDARD.decode(sealed).map_err(|_| SealError::Broken)?;
        let (nonce, text) = bytes.split_at_checked(NONCE_LEN).ok_or(SealError::Broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Broken)?;
        let mut text = text.to_vec();
        let plain = key
            .open_in_place(nonce, Aad::from(owner.as_bytes()), &mut text)
            .map_err(|_| SealError::Broken)?;
        String::from_utf8(plain.to_vec())
            .map(Secret::new)
            .map_err(|_| SealError::Broken)
    }

    /// Seals with the current key what was sealed with an older one, for the same owner; `None` if it is up to date.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn reseal(&self, sealed: &str, owner: &str) -> Result<Option<String>, SealError> {
        let (key_id, _) = sealed.split_once(':').ok_or(SealError::Broken)?;
        if key_id == self.current_id() {
            return Ok(None);
        }
        let secret = self.open(sealed, owner)?;
        self.seal(secret.expose(), owner).map(Some)
    }

    fn seal_key(&self, id: &str) -> Result<&UseKey, SealError> {
        self.key(id, KeyUse::Seal)
            .ok_or_else(|| SealError::UnknownKey(id.to_owned()))
    }
}

fn cipher(key: &UseKey) -> Result<LessSafeKey, SealError> {
    UnboundKey::new(&AES_256_GCM, key.bytes())
        .map(LessSafeKey::new)
        .map_err(|_| SealError::Broken)
}
