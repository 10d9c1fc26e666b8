//! Making credentials. A secret is returned once, to be shown; what is stored is of no use to who reads the table.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pem::Pem;
use signup_core::credential::{CredentialKind, hash_secret};
use signup_core::keys::{KeyRing, SealError};
use signup_core::mask::Secret;
use signup_core::time::Timestamp;
use signup_store::{CredentialRecord, Resealed};

use crate::catalog::seal_owner;

/// Random bytes in a generated secret.
const SECRET_BYTES: usize = 32;

/// Whose credential is made, and what for.
#[derive(Clone, Debug)]
pub struct CredentialOwner<'a> {
    /// The provider.
    pub provider: &'a str,
    /// The application; none for a key of all applications.
    pub application: Option<&'a str>,
    /// What it is used for.
    pub kind: CredentialKind,
    /// Its id.
    pub id: &'a str,
}

/// A new credential.
#[derive(Debug)]
pub struct Issued {
    /// What is stored.
    pub record: CredentialRecord,
    /// The secret to show once; none that was brought along, and none for signing keys, whose private half never leaves
    /// us.
    pub secret: Option<Secret<String>>,
}

/// Why no credential was made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The system gives no random numbers, or could not make a key.
    #[error("no random key could be made")]
    Random,
    /// Sealing failed.
    #[error("the secret could not be sealed: {0}")]
    Seal(#[from] SealError),
    /// The key that was brought along is not what its kind needs.
    #[error("{0}")]
    Unusable(String),
}

/// Makes a credential with a secret or key of our own.
///
/// # Errors
/// See [`IssueError`].
pub fn issue(
    keys: &KeyRing,
    owner: &CredentialOwner<'_>,
    now: Timestamp,
) -> Result<Issued, IssueError> {
    match owner.kind {
        CredentialKind::ServerKey | CredentialKind::ClientKey | CredentialKind::ClientSecret => {
            let mut bytes = [0; SECRET_BYTES];
            aws_lc_rs::rand::fill(&mut bytes).map_err(|_| IssueError::Random)?;
            let secret = Secret::new(URL_SAFE_NO_PAD.encode(bytes));
            let record = import_secret(keys, owner, &secret, now)?;
            Ok(Issued {
                record,
                secret: Some(secret),
            })
        }
        CredentialKind::SigningKey => {
            let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| IssueError::Random)?;
            let private: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| IssueError::Random)?;
            let public: PublicKeyX509Der<'_> = aws_lc_rs::signature::KeyPair::public_key(&pair)
                .as_der()
                .map_err(|_| IssueError::Random)?;
            let private_pem = pem::encode(&Pem::new("PRIVATE KEY", private.as_ref()));
            let sealed = keys.seal(&private_pem, &seal(owner))?;
            let record = CredentialRecord {
                public_pem: Some(pem::encode(&Pem::new("PUBLIC KEY", public.as_ref()))),
                sealed: Some(sealed),
                ..empty_record(owner, now)
            };
            Ok(Issued {
                record,
                secret: None,
            })
        }
    }
}

/// Seals a credential's secret with the ring's current key; `None` if it is up to date, or there is nothing to seal.
///
/// # Errors
/// It cannot be opened: its key is not in the ring, or it was altered.
pub fn reseal(keys: &KeyRing, record: &CredentialRecord) -> Result<Option<Resealed>, SealError> {
    let (Some(from), Ok(kind)) = (&record.sealed, record.kind.parse()) else {
        return Ok(None);
    };
    let owner = seal_owner(&record.provider, kind, &record.id);
    let to = keys.reseal(from, &owner)?;
    Ok(to.map(|to| Resealed {
        from: from.clone(),
        to,
    }))
}

/// Takes over a secret that clients already have.
///
/// # Errors
/// The secret is too short to protect anything, or could not be sealed.
pub fn import_secret(
    keys: &KeyRing,
    owner: &CredentialOwner<'_>,
    secret: &Secret<String>,
    now: Timestamp,
) -> Result<CredentialRecord, IssueError> {
    if secret.expose().len() < 16 {
        return Err(IssueError::Unusable(
            "the secret has fewer than 16 characters".to_owned(),
        ));
    }
    let mut record = empty_record(owner, now);
    match owner.kind {
        CredentialKind::ServerKey | CredentialKind::ClientKey => {
            record.sealed = Some(keys.seal(secret.expose(), &seal(owner))?);
        }
        CredentialKind::ClientSecret => {
            record.secret_hash = Some(hex::encode(hash_secret(secret.expose())));
        }
        CredentialKind::SigningKey => {
            return Err(IssueError::Unusable(
                "a signing key is brought along as a public key".to_owned(),
            ));
        }
    }
    Ok(record)
}

/// Takes over the public half of a key whose private half the operator keeps.
///
/// # Errors
/// The text is no RSA public key in PEM of at least 2048 bits.
pub fn import_public_key(
    owner: &CredentialOwner<'_>,
    public_pem: &str,
    now: Timestamp,
) -> Result<Issued, IssueError> {
    let unusable = || {
        IssueError::Unusable(
            "this is no RSA public key of at least 2048 bits in PEM (BEGIN PUBLIC KEY)".to_owned(),
        )
    };
    let parsed = pem::parse(public_pem).map_err(|_| unusable())?;
    if parsed.tag() != "PUBLIC KEY" {
        return Err(unusable());
    }
    let key = aws_lc_rs::rsa::PublicKey::from_der(parsed.contents()).map_err(|_| unusable())?;
    if key.modulus_len() < 256 {
        return Err(unusable());
    }
    Ok(Issued {
        record: CredentialRecord {
            public_pem: Some(pem::encode(&parsed)),
            ..empty_record(owner, now)
        },
        secret: None,
    })
}

/// A random id for a credential that is not named by its operator: 32 hex digits.
///
/// # Errors
/// The system gives no random numbers.
pub fn random_id() -> Result<String, IssueError> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| IssueError::Random)?;
    Ok(hex::encode(bytes))
}

fn seal(owner: &CredentialOwner<'_>) -> String {
    seal_owner(owner.provider, owner.kind, owner.id)
}

fn empty_record(owner: &CredentialOwner<'_>, now: Timestamp) -> CredentialRecord {
    CredentialRecord {
        provider: owner.provider.to_owned(),
        kind: owner.kind.as_str().to_owned(),
        id: owner.id.to_owned(),
        application_id: owner.application.map(str::to_owned),
        secret_hash: None,
        sealed: None,
        public_pem: None,
        created_at: now.as_millis(),
        expires_at: None,
    }
}
