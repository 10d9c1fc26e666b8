//! The vendor's tokens: JSON Web Tokens (RFC 7519), signed with RS256.
//!
//! The caller of [`issue`] is the operator's command line; services only [`verify`]. Keys are credentials of the kind
//! [`SigningKey`](CredentialKind::SigningKey), and a token names its key as `kid`.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use signup_app::App;
use signup_core::credential::{Credential, CredentialKind, Material};
use signup_core::time::Timestamp;
use utoipa::ToSchema;

use crate::{NAME, public_id};

/// The `sub` of tokens that belong to an app and to no user (vendor).
pub const ANONYMOUS: &str = "AnoNymuS";

/// How long an app token is good for: 10 years of 365 days (vendor).
pub const APP_TOKEN_LIFETIME: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// How long a user token is good for (vendor).
pub const USER_TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// How far the clocks of issuer and verifier may be apart (our choice).
const LEEWAY_SECONDS: i64 = 30;

/// The claims of a token. Times are seconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claims {
    /// Who issued it, `xdua.com`.
    pub iss: String,
    /// The app that it was issued to: 8 letters or digits.
    pub aud: String,
    /// [`ANONYMOUS`], or the id of the user whom the app acts for.
    pub sub: String,
    /// When it ends.
    pub exp: i64,
    /// When it was issued.
    #[serde(default)]
    pub iat: i64,
    /// From when on it is good.
    #[serde(default)]
    pub nbf: i64,
    /// The token's own id: 8 letters or digits.
    #[serde(default)]
    pub jti: String,
    /// The app's owner.
    #[serde(default)]
    pub own: String,
    /// The address of the client it was issued to. Kept for the vendor's form; nobody checks it.
    #[serde(default)]
    pub cip: String,
    /// That client's user agent. Nobody checks it.
    #[serde(default)]
    pub cua: String,
    /// That client's kind of device. Nobody checks it.
    #[serde(default)]
    pub dev: String,
}

/// A token that is to be issued.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    /// The `iss` that the shop expects, see [`ApplicationSettings::issuer`](crate::ApplicationSettings::issuer).
    pub issuer: &'a str,
    /// The app.
    pub app: &'a str,
    /// The user whom the app acts for; [`ANONYMOUS`] for none.
    pub subject: &'a str,
    /// How long it is to be good for.
    pub lifetime: Duration,
}

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The operator keeps the private half.
    #[error("we do not have the private half of signing key {0}; sign with it where it is kept")]
    NoPrivateKey(String),
    /// The key cannot be used.
    #[error("the signing key cannot be used: {0}")]
    Unusable(#[from] jsonwebtoken::errors::Error),
}

/// Issues a token for an app that acts for nobody in particular.
///
/// # Errors
/// See [`IssueError`].
pub fn issue_app_token(
    key: &Credential,
    issuer: &str,
    app: &str,
    now: Timestamp,
) -> Result<String, IssueError> {
    let token = NewToken {
        issuer,
        app,
        subject: ANONYMOUS,
        lifetime: APP_TOKEN_LIFETIME,
    };
    issue(key, &token, now)
}

/// Issues a token for an app that acts for a user.
///
/// # Errors
/// See [`IssueError`].
pub fn issue_user_token(
    key: &Credential,
    issuer: &str,
    app: &str,
    user: &str,
    now: Timestamp,
) -> Result<String, IssueError> {
    let token = NewToken {
        issuer,
        app,
        subject: user,
        lifetime: USER_TOKEN_LIFETIME,
    };
    issue(key, &token, now)
}

/// Issues a token.
///
/// # Errors
/// See [`IssueError`].
pub fn issue(key: &Credential, token: &NewToken<'_>, now: Timestamp) -> Result<String, IssueError> {
    let claims = Claims {
        iss: token.issuer.to_owned(),
        aud: token.app.to_owned(),
        sub: token.subject.to_owned(),
        exp: now.after(token.lifetime).as_secs(),
        iat: now.as_secs(),
        nbf: now.as_secs(),
        jti: public_id::random(),
        own: String::new(),
        cip: String::new(),
        cua: String::new(),
        dev: "Universal".to_owned(),
    };
    sign(key, &claims)
}

/// Signs claims as they are.
///
/// # Errors
/// See [`IssueError`].
pub fn sign(key: &Credential, claims: &Claims) -> Result<String, IssueError> {
    let Material::KeyPair {
        private_pem: Some(private_pem),
        ..
    } = &key.material
    else {
        return Err(IssueError::NoPrivateKey(key.id.clone()));
    };
    // The vendor's tokens have no `typ`.
    let header = Header {
        typ: None,
        kid: Some(key.id.clone()),
        ..Header::new(Algorithm::RS256)
    };
    let private_key = EncodingKey::from_rsa_pem(private_pem.expose().as_bytes())?;
    Ok(jsonwebtoken::encode(&header, claims, &private_key)?)
}

/// Why a token does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is none.
    #[error("the token is missing")]
    Missing,
    /// It is no RS256 token, its key is unknown, its signature is wrong, or a claim is missing.
    #[error("the token is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The app may not act for this shop; or the issuer or the key may not vouch for this shop's apps.
    #[error("this token is not accepted for this shop")]
    NotAccepted,
}

/// A token whose key, signature and times are good. Whether it is good for a shop is another question.
#[derive(Clone, Debug)]
pub(crate) struct VerifiedToken {
    pub(crate) claims: Claims,
    /// The one shop that the key signs for; none for a key of all shops.
    pub(crate) key_shop: Option<String>,
}

/// Verifies a token's algorithm, key, signature and times.
pub(crate) fn verify(app: &App, token: &str) -> Result<VerifiedToken, TokenError> {
    let now = app.clock.now();
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
    // RFC 7515, section 4.1.11: whoever does not understand a critical extension must refuse the token.
    if header.crit.is_some() {
        return Err(TokenError::Invalid);
    }
    let key = header
        .kid
        .and_then(|kid| {
            app.catalog
                .credential(NAME, CredentialKind::SigningKey, &kid, now)
        })
        .ok_or(TokenError::Invalid)?;
    let Material::KeyPair { public_pem, .. } = &key.material else {
        return Err(TokenError::Invalid);
    };
    let public_key = DecodingKey::from_rsa_pem(public_pem.as_bytes()).map_err(|error| {
        log::error!(event = "signing_key.unusable"; "signing key {} cannot be used: {error}", key.id);
        TokenError::Invalid
    })?;
    let claims = jsonwebtoken::decode::<Claims>(token, &public_key, &signature_only())
        .map_err(|_| TokenError::Invalid)?
        .claims;
    if claims.exp.saturating_add(LEEWAY_SECONDS) <= now.as_secs() {
        return Err(TokenError::Expired);
    }
    if claims.nbf.saturating_sub(LEEWAY_SECONDS) > now.as_secs() {
        return Err(TokenError::NotYetValid);
    }
    Ok(VerifiedToken {
        claims,
        key_shop: key.application.clone(),
    })
}

/// Times are compared with our own clock, the other claims with the shop's settings.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}
