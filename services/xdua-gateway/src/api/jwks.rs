//! `GET /.well-known/jwks.json`: the public keys, so that others can verify the tokens too.

use actix_web::web;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Serialize;
use signup_app::App;
use signup_core::credential::{Credential, CredentialKind, Material};
use signup_core::reply::Reply;
use utoipa::ToSchema;

use crate::NAME;

/// A JSON Web Key Set (RFC 7517).
#[derive(Serialize, ToSchema)]
pub(crate) struct KeySet {
    /// Every key that is valid now, the newest first.
    keys: Vec<PublicKey>,
}

/// An RSA public key (RFC 7517, RFC 7518).
#[derive(Serialize, ToSchema)]
pub(crate) struct PublicKey {
    /// Always `RSA`.
    #[schema(example = "RSA")]
    kty: &'static str,
    /// The key's id, as in the header of the tokens that it signs: 32 hexadecimal digits (vendor).
    #[schema(example = "b50b1effdc035e2869b6c45f63bdf5d7")]
    kid: String,
    /// Always `sig`.
    #[schema(example = "sig")]
    #[serde(rename = "use")]
    key_use: &'static str,
    /// Always `RS256` (vendor).
    #[schema(example = "RS256")]
    alg: &'static str,
    /// The modulus, base64url.
    #[schema(example = "r4Jb0mX2…")]
    n: String,
    /// The exponent, base64url.
    #[schema(example = "AQAB")]
    e: String,
}

/// The keys that sign tokens. 令牌公钥
///
/// A key that rotates in stands beside the one that goes out (RFC 7517; our choice).
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "Keys",
    operation_id = "keys",
    responses((status = 200, description = "The keys. 公钥列表", body = KeySet)),
)]
pub(crate) async fn get(app: web::Data<App>) -> Reply {
    let keys = app
        .catalog
        .credentials(NAME, CredentialKind::SigningKey, app.clock.now())
        .iter()
        .filter_map(|credential| public_key(credential))
        .collect();
    // Short enough for a new key to be known before it is used.
    Reply::json(200, &KeySet { keys }).with_header("cache-control", "public, max-age=300")
}

fn public_key(credential: &Credential) -> Option<PublicKey> {
    let Material::KeyPair { public_pem, .. } = &credential.material else {
        return None;
    };
    let key = DecodingKey::from_rsa_pem(public_pem.as_bytes())
        .and_then(|key| Jwk::from_decoding_key(&key, Some(Algorithm::RS256)));
    match key.map(|jwk| jwk.algorithm) {
        Ok(AlgorithmParameters::RSA(rsa)) => Some(PublicKey {
            kty: "RSA",
            kid: credential.id.clone(),
            key_use: "sig",
            alg: "RS256",
            n: rsa.n,
            e: rsa.e,
        }),
        _ => {
            log::error!(event = "signing_key.unusable"; "signing key {} is no RSA key", credential.id);
            None
        }
    }
}
