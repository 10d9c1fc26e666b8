//! App servers prove themselves with a JSON Web Token (RFC 7519) that they sign for every request.

use actix_web::HttpRequest;
use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use signup_app::App;
use signup_core::credential::CredentialKind;
use signup_core::time::Timestamp;

use super::{Caller, single_header};
use crate::PROVIDER;
use crate::error::Error;

/// The header that carries the token (seed 000).
pub(crate) const AUTH_TOKEN: &str = "X-BytePower-Auth-Token";

/// The vendor's `iat` is in milliseconds. A smaller number can only be seconds, which is what RFC 7519 asks for and
/// what a public client sends: in milliseconds it would lie before March 1973.
const LEAST_MILLISECONDS: f64 = 1e11;

/// The payload. `key_name` and `iat` are the vendor's; `exp` and `nbf` are looked at when they are there, as RFC 7519
/// demands.
#[derive(Deserialize)]
struct Claims {
    key_name: String,
    iat: f64,
    exp: Option<f64>,
    nbf: Option<f64>,
}

/// The app server behind the request's token.
///
/// The token must be signed with HMAC-SHA-256 by the server key that `key_name` names: any other algorithm is refused
/// before a key is looked at. `iat` must lie within the application's tolerance.
pub(crate) fn by_token(app: &App, request: &HttpRequest) -> Result<Caller, Error> {
    let token = single_header(request, AUTH_TOKEN)?.ok_or(Error::Unauthorized)?;
    // Only to find the key: nothing of this is believed before the signature is checked.
    let unverified = insecure_decode::<Claims>(token).map_err(|_| Error::Unauthorized)?;
    if unverified.header.alg != Algorithm::HS256 || unverified.header.crit.is_some() {
        return Err(Error::Unauthorized);
    }
    let now = app.clock.now();
    let key_name = &unverified.claims.key_name;
    let credential = app
        .catalog
        .credential(PROVIDER.name, CredentialKind::ServerKey, key_name, now)
        .ok_or(Error::Unauthorized)?;
    let (caller, secret) = Caller::of(app, request, &credential)?;
    let key = DecodingKey::from_secret(secret.as_bytes());
    let claims = decode::<Claims>(token, &key, &signature_only())
        .map_err(|_| Error::Unauthorized)?
        .claims;
    caller.check_time(time_of(claims.iat), now)?;
    if claims.exp.is_some_and(|end| time_of(end) <= now) {
        return Err(Error::Unauthorized);
    }
    let begins_later = |start| time_of(start).since(now) > caller.tolerance();
    if claims.nbf.is_some_and(begins_later) {
        return Err(Error::Unauthorized);
    }
    Ok(caller)
}

/// Times are checked here, by the service's own clock and in the vendor's unit.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

/// A claim's time, in milliseconds or seconds.
fn time_of(claim: f64) -> Timestamp {
    let millis = if claim.abs() < LEAST_MILLISECONDS {
        claim * 1000.0
    } else {
        claim
    };
    // The conversion saturates, and a time at the end of time is never accepted.
    Timestamp::from_millis(millis as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_milliseconds_unless_it_is_too_small_for_that() {
        let the_same_moment = Timestamp::from_millis(1_726_658_461_000);
        assert_eq!(time_of(1_726_658_461_000.0), the_same_moment);
        assert_eq!(time_of(1_726_658_461.0), the_same_moment);
        assert_eq!(time_of(99_999_999_999.0).as_millis(), 99_999_999_999_000);
        assert_eq!(time_of(100_000_000_000.0).as_millis(), 100_000_000_000);
        assert_eq!(time_of(-1e300).as_millis(), i64::MIN);
    }
}
