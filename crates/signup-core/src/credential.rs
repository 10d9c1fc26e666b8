//! What callers prove themselves with.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

use crate::mask::Secret;
use crate::time::Timestamp;

/// What a credential is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// An HMAC key in the hands of an app's own server.
    ServerKey,
    /// An HMAC key inside a shipped client.
    ClientKey,
    /// A secret that a client sends along, compared by hash.
    ClientSecret,
    /// An RSA key that signs tokens for clients.
    SigningKey,
}

impl CredentialKind {
    /// Every kind, in the order in which help texts list them.
    pub const ALL: [Self; 4] = [
        Self::ServerKey,
        Self::ClientKey,
        Self::ClientSecret,
        Self::SigningKey,
    ];

    /// The kind's name in files, tables and command lines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServerKey => "server-key",
            Self::ClientKey => "client-key",
            Self::ClientSecret => "client-secret",
            Self::SigningKey => "signing-key",
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CredentialKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| format!("unknown credential kind, expected one of {}", names()))
    }
}

fn names() -> String {
    CredentialKind::ALL.map(CredentialKind::as_str).join(", ")
}

/// A credential as running services hold it.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The id by which callers name it (`key_name`, `kid`); unique within provider and kind.
    pub id: String,
    /// The provider it belongs to.
    pub provider: String,
    /// The application it belongs to; none for a key that signs for all applications.
    pub application: Option<String>,
    /// What it is used for.
    pub kind: CredentialKind,
    /// The secret or key itself.
    pub material: Material,
    /// When it was made.
    pub created_at: Timestamp,
    /// From then on it is refused; none while it has no end.
    pub expires_at: Option<Timestamp>,
}

/// The secret part of a credential, in the form that its use needs.
#[derive(Clone, Debug)]
pub enum Material {
    /// A shared secret that we must use again.
    Shared(Secret<String>),
    /// SHA-256 of a secret that we only compare. Generated secrets have 256 random bits, so a plain hash protects them.
    Hash([u8; 32]),
    /// A key pair.
    KeyPair {
        /// The public half, PEM (`BEGIN PUBLIC KEY`).
        public_pem: String,
        /// The private half, PKCS#8 PEM; none when the operator keeps it.
        private_pem: Option<Secret<String>>,
    },
}

impl Credential {
    /// Whether it may be used at this time.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether `secret` is this credential's secret; compared in constant time.
    pub fn matches(&self, secret: &str) -> bool {
        match &self.material {
            Material::Hash(hash) => verify_slices_are_equal(&hash_secret(secret), hash).is_ok(),
            Material::Shared(expected) => {
                verify_slices_are_equal(&hash_secret(secret), &hash_secret(expected.expose()))
                    .is_ok()
            }
            Material::KeyPair { .. } => false,
        }
    }
}

/// SHA-256 of a generated secret.
pub fn hash_secret(secret: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    hash
}
