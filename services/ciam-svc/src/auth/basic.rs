//! HTTP Basic (RFC 7617) as OAuth 2.0 uses it (RFC 6749, section 2.3.1, and seed 002): both halves are form-encoded
//! before they are joined.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signup_core::mask::Secret;

/// What a client says it is, and its proof.
pub(super) struct BasicCredentials {
    pub(super) client_id: String,
    pub(super) client_secret: Secret<String>,
}

impl BasicCredentials {
    /// Reads the request's only `Authorization` header; none if there is no such header, or it is malformed.
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        let mut headers = request.headers().get_all(AUTHORIZATION);
        match (headers.next(), headers.next()) {
            (Some(header), None) => Self::parse(header.to_str().ok()?),
            _ => None,
        }
    }

    fn parse(header: &str) -> Option<Self> {
        let (scheme, encoded) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = STANDARD.decode(encoded.trim_matches(' ')).ok()?;
        let decoded = Secret::new(String::from_utf8(decoded).ok()?);
        let (client_id, client_secret) = decoded.expose().split_once(':')?;
        Some(Self {
            client_id: form_decode(client_id)?,
            client_secret: Secret::new(form_decode(client_secret)?),
        })
    }
}

/// Undoes `application/x-www-form-urlencoded`: `+` is a space, `%XX` a byte of UTF-8; everything else is itself. None
/// if a `%` is not followed by two hex digits or the bytes are no UTF-8.
fn form_decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(scheme: &str, joined: &str) -> Option<(String, String)> {
        let header = format!("{scheme} {}", STANDARD.encode(joined));
        BasicCredentials::parse(&header)
            .map(|found| (found.client_id, found.client_secret.expose().clone()))
    }

    fn pair(id: &str, secret: &str) -> Option<(String, String)> {
        Some((id.to_owned(), secret.to_owned()))
    }

    #[test]
    fn the_documents_own_header_is_read() {
        let header = "Basic VEVOQU5UX0NMSUVOVF9JRDpURU5BTlRfQ0xJRU5UX1NFQ1JFVA==";
        let found = BasicCredentials::parse(header).unwrap();
        assert_eq!(found.client_id, "TENANT_CLIENT_ID");
        assert_eq!(found.client_secret.expose(), "TENANT_CLIENT_SECRET");
    }

    #[test]
    fn the_halves_are_split_at_the_first_colon_and_then_decoded() {
        assert_eq!(parse("Basic", "a:b:c"), pair("a", "b:c"));
        assert_eq!(
            parse("bASIC", "a%3Ab:c+d%2B%e5%AF%86"),
            pair("a:b", "c d+密")
        );
        assert_eq!(parse("Basic", "a:"), pair("a", ""));
        assert_eq!(parse("Basic ", "a:b"), pair("a", "b"));
    }

    #[test]
    fn anything_else_is_no_credentials() {
        for joined in ["", "no colon", "a:%", "a:%4", "a:%4x", "a:%+1", "a:%FF"] {
            assert_eq!(parse("Basic", joined), None, "{joined}");
        }
        assert_eq!(parse("Bearer", "a:b"), None);
        for header in ["", "Basic", "Basic !", "Basic YTpi=", "Basic\tYTpi"] {
            assert!(BasicCredentials::parse(header).is_none(), "{header}");
        }
    }
}
