//! Refusals that are the same for every provider.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::ALLOW;
use actix_web::{HttpResponse, ResponseError};
use signup_store::StoreError;

/// A refusal outside a provider's own rules. The provider words it: see [`Provider::fault`](crate::Provider::fault).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No such route, or no such thing at it.
    #[error("not found")]
    NotFound,
    /// The route exists, but not for this method.
    #[error("method not allowed")]
    MethodNotAllowed {
        /// The value of the `Allow` header, `GET, HEAD`. The header itself is added to the provider's reply.
        allow: String,
    },
    /// The body is in a format that the route does not read.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// The body has a content coding, such as gzip. None is undone.
    #[error("unsupported content encoding")]
    UnsupportedEncoding,
    /// The body is larger than `http.body_limit_bytes`.
    #[error("payload too large")]
    PayloadTooLarge,
    /// The body did not arrive within `http.body_timeout`.
    #[error("request timeout")]
    RequestTimeout,
    /// The request cannot be read. The text tells the client what is wrong with it and quotes none of it.
    #[error("malformed request: {0}")]
    MalformedBody(String),
    /// `Idempotency-Key` is empty, too long, not visible ASCII, or sent twice.
    #[error("invalid idempotency key")]
    InvalidIdempotencyKey,
    /// The idempotency key was used for another request before.
    #[error("idempotency key reused for another request")]
    IdempotencyMismatch,
    /// The first request with this idempotency key has not been answered yet.
    #[error("a request with this idempotency key is in progress")]
    InProgress,
    /// The caller has used up a limit.
    #[error("rate limited")]
    RateLimited {
        /// When to try again; sent as `Retry-After` in whole seconds, at least one.
        retry_after: Duration,
    },
    /// There is more work than can be done in time.
    #[error("busy")]
    Busy {
        /// When to try again; sent as `Retry-After` in whole seconds, at least one.
        retry_after: Duration,
    },
    /// The database cannot be reached or does not answer in time.
    #[error("store unavailable")]
    StoreUnavailable,
    /// A fault of ours. What it was is in the log, under the request's id.
    #[error("internal error")]
    Internal,
}

impl Fault {
    /// The status code that fits best; a provider may answer another one.
    pub fn status(&self) -> u16 {
        match self {
            Self::MalformedBody(_) | Self::InvalidIdempotencyKey => 400,
            Self::NotFound => 404,
            Self::MethodNotAllowed { .. } => 405,
            Self::RequestTimeout => 408,
            Self::InProgress => 409,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType | Self::UnsupportedEncoding => 415,
            Self::IdempotencyMismatch => 422,
            Self::RateLimited { .. } => 429,
            Self::Internal => 500,
            Self::Busy { .. } | Self::StoreUnavailable => 503,
        }
    }

    /// The header that belongs to the fault whatever the provider's envelope is: `allow`, `accept-encoding` or
    /// `retry-after`.
    pub(crate) fn header(&self) -> Option<(&'static str, String)> {
        match self {
            Self::MethodNotAllowed { allow } => Some(("allow", allow.clone())),
            // RFC 9110, section 15.5.16: it tells this refusal from that of the media type.
            Self::UnsupportedEncoding => Some(("accept-encoding", "identity".to_owned())),
            Self::RateLimited { retry_after } | Self::Busy { retry_after } => {
                // Rounded up: a client that comes back a moment too early is refused again.
                let seconds = retry_after.as_millis().div_ceil(1000).max(1);
                Some(("retry-after", seconds.to_string()))
            }
            _ => None,
        }
    }

    /// The fault behind a response of the framework that no handler of ours has made.
    pub(crate) fn of_response(response: &HttpResponse) -> Self {
        if let Some(fault) = response.error().and_then(|error| error.as_error::<Self>()) {
            return fault.clone();
        }
        match response.status().as_u16() {
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed {
                allow: response
                    .headers()
                    .get(ALLOW)
                    .and_then(|value| value.to_str().ok())
                    .unwrap_or_default()
                    .to_owned(),
            },
            408 => Self::RequestTimeout,
            413 => Self::PayloadTooLarge,
            415 => Self::UnsupportedMediaType,
            400..=499 => Self::MalformedBody("the request cannot be read".to_owned()),
            _ => Self::Internal,
        }
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// A bare response: the provider's envelope is put in its place at the edge.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl From<StoreError> for Fault {
    /// What the database said stays in the log.
    fn from(error: StoreError) -> Self {
        log::error!(event = "store.fault"; "{error}");
        match error {
            StoreError::Unavailable(_) | StoreError::Overloaded => Self::StoreUnavailable,
            StoreError::Unreadable { .. }
            | StoreError::Url(_)
            | StoreError::Migration(_)
            | StoreError::Statement(_) => Self::Internal,
        }
    }
}
