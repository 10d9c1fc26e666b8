//! The key ring: the first key makes new codes and seals, the others still open old ones, so that keys can be rotated
//! while codes are in flight.

use std::collections::HashMap;
use std::fmt;

use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// What a derived key is used for. Keys of different uses have nothing in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// Deriving one-time codes.
    Code,
    /// Authenticating challenge tokens.
    Token,
    /// Encrypting secrets in the database.
    Seal,
    /// Knowing a repeated request again.
    Fingerprint,
}

impl KeyUse {
    const ALL: [Self; 4] = [Self::Code, Self::Token, Self::Seal, Self::Fingerprint];

    const fn label(self) -> &'static [u8] {
        match self {
            Self::Code => b"signup/otp-code/v1",
            Self::Token => b"signup/challenge-token/v1",
            Self::Seal => b"signup/seal/v1",
            Self::Fingerprint => b"signup/request-fingerprint/v1",
        }
    }
}

/// Why a key ring could not be read. Never holds key material.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// There is no key at all.
    #[error("no key is given; make one with: openssl rand -base64 32")]
    Empty,
    /// An entry is not `id:base64`.
    #[error(
        "entry {0} is not of the form id:key, with an id of 1 to 32 letters, digits, '-' or '_' and a key of 32 bytes in base64"
    )]
    Malformed(usize),
    /// Two entries have the same id.
    #[error("key id `{0}` is given twice")]
    Repeated(String),
}

/// The key ring.
#[derive(Clone)]
pub struct KeyRing {
    current: String,
    older: Vec<String>,
    keys: HashMap<(String, KeyUse), UseKey>,
}

impl KeyRing {
    /// Reads `id:base64-of-32-bytes` entries separated by commas or line breaks; the first one is current.
    ///
    /// # Errors
    /// See [`KeyRingError`].
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let entries = text
            .split([',', '\n'])
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        let mut ids = Vec::new();
        let mut keys = HashMap::new();
        for (index, entry) in entries.enumerate() {
            let (id, master) = parse_entry(entry).ok_or(KeyRingError::Malformed(index + 1))?;
            for key_use in KeyUse::ALL {
                let key =
                    UseKey::derive(&master, key_use).ok_or(KeyRingError::Malformed(index + 1))?;
                if keys.insert((id.to_owned(), key_use), key).is_some() {
                    return Err(KeyRingError::Repeated(id.to_owned()));
                }
            }
            ids.push(id.to_owned());
        }
        let mut ids = ids.into_iter();
        let current = ids.next().ok_or(KeyRingError::Empty)?;
        Ok(Self {
            current,
            older: ids.collect(),
            keys,
        })
    }

    /// The id of the key that new codes, tokens and seals are made with.
    pub fn current_id(&self) -> &str {
        &self.current
    }

    /// The keys for one use, the current one first.
    pub fn all(&self, key_use: KeyUse) -> impl Iterator<Item = &UseKey> {
        std::iter::once(&self.current)
            .chain(&self.older)
            .filter_map(move |id| self.key(id, key_use))
    }

    /// The key of this id for this use; none when it is not in the ring.
    pub fn key(&self, id: &str, key_use: KeyUse) -> Option<&UseKey> {
        self.keys.get(&(id.to_owned(), key_use))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing(current: {})", self.current)
    }
}

fn parse_entry(entry: &str) -> Option<(&str, Zeroizing<Vec<u8>>)> {
    let (id, key) = entry.split_once(':')?;
    let id_is_plain = !id.is_empty()
        && id.len() <= 32
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let key = Zeroizing::new(STANDARD.decode(key.trim()).ok()?);
    (id_is_plain && key.len() == 32).then_some((id, key))
}

/// A key for one use.
#[derive(Clone)]
pub struct UseKey {
    bytes: Zeroizing<[u8; 32]>,
    hmac: hmac::Key,
}

impl UseKey {
    fn derive(master: &[u8], key_use: KeyUse) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"signup");
        salt.extract(master)
            .expand(&[key_use.label()], hkdf::HKDF_SHA256)
            .ok()?
            .fill(&mut *bytes)
            .ok()?;
        let hmac = hmac::Key::new(hmac::HMAC_SHA256, &*bytes);
        Some(Self { bytes, hmac })
    }

    /// HMAC-SHA256 of a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        let mut tag = [0; 32];
        tag.copy_from_slice(hmac::sign(&self.hmac, message).as_ref());
        tag
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}
