//! What the vendors' signatures are made with.

use aws_lc_rs::digest;
use aws_lc_rs::hmac;

/// SHA-256 as 64 lower-case hexadecimal digits.
pub(super) fn sha256_hex(data: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, data))
}

/// HMAC-SHA256 (RFC 2104), 32 bytes.
pub(super) fn hmac_sha256(key: &[u8], data: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data)
}
