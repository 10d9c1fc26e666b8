//! Browsers: who may call from a web page (the Fetch standard's CORS protocol).
//!
//! A preflight carries no token, so it is granted to an origin that any app of any open shop allows; the reply itself
//! can be read only if the token's own app allows the origin. The token travels in a header that scripts set, never in
//! a cookie, so credentials are never allowed.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use signup_app::App;
use signup_core::reply::Reply;

use crate::auth::is_origin_allowed;

/// What the vendor's SDK sends, and `Idempotency-Key`.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, apiv, content-type, idempotency-key, x-ca-key, x-ca-nonce, x-ca-stage, x-ca-timestamp, \
     x-ca-version, x-ca-signature, x-ca-signature-headers",
);

/// What scripts may read beside the body.
const RESPONSE_HEADERS: HeaderValue =
    HeaderValue::from_static("x-ca-request-id, x-ca-error-code, x-ca-error-message, retry-after");

const METHODS: HeaderValue = HeaderValue::from_static("POST");

/// Browsers ask again after 10 minutes: so long may a withdrawn origin go on (our choice).
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The app of the request's token, once that is verified.
pub(crate) struct TokenApp(pub(crate) String);

/// Answers `OPTIONS`. The headers are [`cors`]'s matter.
pub(crate) async fn preflight() -> Reply {
    Reply::empty(204)
}

/// Adds the headers that browsers look for.
pub(crate) async fn cors(
    app: web::Data<App>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = next.call(request).await?;
    let origin = response.request().headers().get(ORIGIN).cloned();
    let allowed = origin.filter(|origin| {
        let extensions = response.request().extensions();
        let token_app = extensions.get::<TokenApp>().map(|app| app.0.as_str());
        origin
            .to_str()
            .is_ok_and(|origin| is_origin_allowed(&app, origin, token_app))
    });
    let headers = response.headers_mut();
    // The reply depends on the origin even where that gets nothing: a cache must know.
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
        if is_preflight {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        }
    }
    Ok(response)
}
