//! Everything that this provider refuses, and how it is worded: `{"error":{"error_type","message"}}` (seed 000).

mod causes;

use std::time::Duration;

use serde::Serialize;
use signup_app::trace;
use signup_core::context::RequestContext;
use signup_core::password::PasswordError;
use signup_core::reply::Reply;
use signup_http::Fault;
use utoipa::ToSchema;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// `Accept` asks for a version that does not exist.
    InvalidApiVersion,
    /// A field is missing or holds what it must not.
    InvalidParameter {
        /// The field with the objects around it, `name_password.name`; `body` for the body as a whole.
        field: String,
        /// What is wrong; never quotes the value.
        problem: String,
    },
    /// The password cannot be hashed, or the application's policy refuses it.
    InvalidPassword {
        /// The field.
        field: &'static str,
        /// Which rule it breaks.
        problem: PasswordError,
    },
    /// The name is taken in this application.
    NameExists,
    /// The e-mail address is taken in this application.
    EmailExists,
    /// The code is missing, wrong, expired, used or replaced.
    InvalidVerifyCode,
    /// The token or signature is missing or does not prove what it must.
    Unauthorized,
    /// No such route.
    NotFound,
    /// The route exists for other methods.
    MethodNotAllowed,
    /// The body did not arrive in time.
    RequestTimeout,
    /// The first request with this `Idempotency-Key` is still at work.
    InProgress,
    /// The body is too large.
    PayloadTooLarge,
    /// The application cannot send this code as it is configured.
    CannotSendCode,
    /// The body is no JSON by its own `Content-Type`.
    UnsupportedMediaType,
    /// The body is compressed.
    UnsupportedEncoding,
    /// The `Idempotency-Key` belongs to another request.
    IdempotencyMismatch,
    /// A limit is used up.
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// The application cannot sign anybody up as it is configured.
    ConfigInvalid,
    /// A fault of ours; it is in the log.
    Internal,
    /// The database is out of reach or out of time.
    Gateway,
    /// Too many passwords wait to be hashed.
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
}

/// The body of every refusal.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    error: ErrorDetail,
}

/// What was refused, and why.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorDetail {
    /// For programs: one word for each kind of refusal.
    #[schema(example = "invalid_parameter")]
    error_type: String,
    /// For people. Names the field where there is one, and never quotes what was sent.
    #[schema(example = "name_password.name: must not be empty")]
    message: String,
}

impl Error {
    /// A field that is missing or holds what it must not.
    pub(crate) fn invalid(field: impl Into<String>, problem: impl ToString) -> Self {
        Self::InvalidParameter {
            field: field.into(),
            problem: problem.to_string(),
        }
    }

    /// The status code.
    pub(crate) const fn status(&self) -> u16 {
        match self {
            Self::InvalidApiVersion
            | Self::InvalidParameter { .. }
            | Self::InvalidPassword { .. }
            | Self::NameExists
            | Self::EmailExists
            | Self::InvalidVerifyCode => 400,
            Self::Unauthorized => 401,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTimeout => 408,
            Self::InProgress => 409,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType | Self::UnsupportedEncoding => 415,
            Self::CannotSendCode => 417,
            Self::IdempotencyMismatch => 422,
            Self::RateLimited { .. } => 429,
            Self::ConfigInvalid | Self::Internal => 500,
            Self::Gateway => 502,
            Self::Busy { .. } => 503,
        }
    }

    /// The word for programs.
    pub(crate) const fn error_type(&self) -> &'static str {
        match self {
            Self::InvalidApiVersion => "invalid_api_version",
            Self::InvalidParameter { .. } => "invalid_parameter",
            Self::InvalidPassword { .. } => "invalid_password",
            Self::NameExists => "name_exists",
            Self::EmailExists => "email_exists",
            Self::InvalidVerifyCode => "invalid_verify_code",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::RequestTimeout => "request_timeout",
            Self::InProgress => "in_progress",
            Self::PayloadTooLarge => "payload_too_large",
            Self::UnsupportedMediaType | Self::UnsupportedEncoding => "unsupported_media_type",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::RateLimited { .. } => "api_rate_limit",
            Self::CannotSendCode | Self::ConfigInvalid => "config_invalid",
            Self::Internal => "internal_error",
            Self::Gateway => "gateway",
            Self::Busy { .. } => "service_busy",
        }
    }

    /// The sentence for people. The two that seed 000 shows are given word for word.
    pub(crate) fn message(&self) -> String {
        let sentence = match self {
            Self::InvalidApiVersion => "api version is not valid.",
            Self::InvalidParameter { field, problem } => return format!("{field}: {problem}"),
            Self::InvalidPassword { field, problem } => return format!("{field}: {problem}"),
            Self::NameExists => "this name is taken.",
            Self::EmailExists => "this e-mail address is taken.",
            Self::InvalidVerifyCode => {
                "the verification code is missing, wrong or no longer valid."
            }
            Self::Unauthorized => "the token or signature is missing or not valid.",
            Self::NotFound => "there is nothing at this address.",
            Self::MethodNotAllowed => "this method is not allowed here.",
            Self::RequestTimeout => "the request did not arrive in time.",
            Self::InProgress => "a request with this idempotency key is still in progress.",
            Self::PayloadTooLarge => "the request body is too large.",
            Self::UnsupportedMediaType => "the request body must be application/json in UTF-8.",
            Self::UnsupportedEncoding => {
                "the request body must be sent without Content-Encoding, not compressed."
            }
            Self::IdempotencyMismatch => "this idempotency key belongs to another request.",
            Self::RateLimited { .. } => "too many requests, try again later.",
            Self::CannotSendCode | Self::ConfigInvalid => "configuration is not valid.",
            Self::Internal => "something went wrong on our side.",
            Self::Gateway => "a service behind this one did not answer.",
            Self::Busy { .. } => "too many sign-ups at once, try again later.",
        };
        sentence.to_owned()
    }

    /// How long the caller should wait before it tries again.
    const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Busy { retry_after } => Some(*retry_after),
            Self::InvalidApiVersion
            | Self::InvalidParameter { .. }
            | Self::InvalidPassword { .. }
            | Self::NameExists
            | Self::EmailExists
            | Self::InvalidVerifyCode
            | Self::Unauthorized
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::RequestTimeout
            | Self::InProgress
            | Self::PayloadTooLarge
            | Self::UnsupportedMediaType
            | Self::UnsupportedEncoding
            | Self::CannotSendCode
            | Self::IdempotencyMismatch
            | Self::ConfigInvalid
            | Self::Internal
            | Self::Gateway => None,
        }
    }

    /// The body that tells the error.
    pub(crate) fn body(&self) -> ErrorBody {
        ErrorBody {
            error: ErrorDetail {
                error_type: self.error_type().to_owned(),
                message: self.message(),
            },
        }
    }

    /// The reply that tells the error.
    pub(crate) fn reply(&self) -> Reply {
        trace::refused(self.error_type(), self.message());
        let mut reply = Reply::json(self.status(), &self.body());
        if matches!(self, Self::CannotSendCode | Self::ConfigInvalid) {
            // An operator mends the configuration, and the same request fares better.
            reply = reply.passing();
        }
        match self.retry_after() {
            // Rounded up: a client that comes back a moment too early is refused again.
            Some(wait) => {
                let seconds = wait.as_millis().div_ceil(1000).max(1);
                reply.with_header("retry-after", seconds.to_string())
            }
            None => reply,
        }
    }
}

/// Words what was refused outside this provider's own rules.
pub(crate) fn word(fault: &Fault, _: &RequestContext) -> Reply {
    Error::from(fault.clone()).reply()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_ours_tells_nothing_about_itself() {
        let reply = Error::from(Fault::Internal).reply();
        assert_eq!(reply.status, 500);
        assert_eq!(
            reply.body,
            r#"{"error":{"error_type":"internal_error","message":"something went wrong on our side."}}"#
        );
    }

    #[test]
    fn waiting_times_are_whole_seconds_and_never_too_short() {
        for (millis, seconds) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (30_000, "30")] {
            let retry_after = Duration::from_millis(millis);
            for error in [
                Error::RateLimited { retry_after },
                Error::Busy { retry_after },
            ] {
                let expected = ("retry-after".to_owned(), seconds.to_owned());
                assert!(error.reply().headers.contains(&expected), "{millis} ms");
            }
        }
    }
}
