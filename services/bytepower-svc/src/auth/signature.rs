//! Shipped apps sign each request with their client key (vendor).

use actix_web::HttpRequest;
use aws_lc_rs::hmac;
use signup_app::App;
use signup_core::credential::CredentialKind;
use signup_core::time::Timestamp;

use super::{Caller, single_header};
use crate::PROVIDER;
use crate::error::Error;

/// The header that carries the signature: `<hex>,<timestamp>,<key id>` (vendor).
pub(crate) const SIGN: &str = "X-BytePower-Sign";

/// What stands in the header.
struct Sign<'a> {
    mac: Vec<u8>,
    /// Unix time in milliseconds, as it was written: the signature covers the text.
    timestamp: &'a str,
    key_id: &'a str,
}

/// The app behind a signed request: HMAC-SHA-256 with the client key's secret over application id, timestamp and body,
/// one after the other. The timestamp must lie within the application's tolerance.
pub(crate) fn by_signature(app: &App, request: &HttpRequest, body: &[u8]) -> Result<Caller, Error> {
    let sign = single_header(request, SIGN)?
        .and_then(parse)
        .ok_or(Error::Unauthorized)?;
    let now = app.clock.now();
    let credential = app
        .catalog
        .credential(PROVIDER.name, CredentialKind::ClientKey, sign.key_id, now)
        .ok_or(Error::Unauthorized)?;
    let (caller, secret) = Caller::of(app, request, &credential)?;
    let mut message = credential
        .application
        .clone()
        .unwrap_or_default()
        .into_bytes();
    message.extend_from_slice(sign.timestamp.as_bytes());
    message.extend_from_slice(body);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    // Compares in constant time.
    hmac::verify(&key, &message, &sign.mac).map_err(|_| Error::Unauthorized)?;
    let millis = sign.timestamp.parse().map_err(|_| Error::Unauthorized)?;
    caller.check_time(Timestamp::from_millis(millis), now)?;
    Ok(caller)
}

fn parse(value: &str) -> Option<Sign<'_>> {
    let mut parts = value.splitn(3, ',').map(str::trim);
    let (mac, timestamp, key_id) = (parts.next()?, parts.next()?, parts.next()?);
    // `parse` alone would take a sign.
    let is_number = timestamp.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(Sign {
        mac: hex::decode(mac).ok()?,
        timestamp,
        key_id,
    })
}
