//! What browsers are told about every answer.

use signup_core::reply::Reply;

/// Nothing from elsewhere runs, is loaded, embeds a page or gets a form; and nothing inline, so that a text that found its
/// way into a page stays a text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// One year. Browsers heed it over TLS only (RFC 6797, section 8.1), so it does no harm on a machine of one's own.
const TLS_ONLY: &str = "max-age=31536000";

/// The reply with the headers that all of them have.
pub fn secured(reply: Reply) -> Reply {
    reply
        .with_header("content-security-policy", POLICY)
        .with_header("x-content-type-options", "nosniff")
        // "no-referrer" would also take the Origin from forms, which is looked at.
        .with_header("referrer-policy", "same-origin")
        .with_header("cross-origin-opener-policy", "same-origin")
        .with_header("cross-origin-resource-policy", "same-origin")
        .with_header(
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        )
        .with_header("strict-transport-security", TLS_ONLY)
}

/// A page: it may show what only its reader may see, so nobody keeps it.
pub fn page(status: u16, html: String) -> Reply {
    secured(Reply::text("text/html; charset=utf-8", status, html))
        .with_header("cache-control", "no-store")
}

/// To another page, with GET.
pub fn to(path: &str) -> Reply {
    secured(Reply::empty(303))
        .with_header("location", path)
        .with_header("cache-control", "no-store")
}
