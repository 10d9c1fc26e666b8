//! What the refusals of the crates below mean here.

use signup_app::{CheckCodeError, SendCodeError, SignUpError};
use signup_core::code::Channel;
use signup_core::identifier::IdentifierKind;
use signup_http::Fault;

use super::Error;

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotFound => Self::NotFound,
            // The header `Allow` is added at the edge.
            Fault::MethodNotAllowed { .. } => Self::MethodNotAllowed,
            Fault::UnsupportedMediaType => Self::UnsupportedMediaType,
            Fault::UnsupportedEncoding => Self::UnsupportedEncoding,
            Fault::PayloadTooLarge => Self::PayloadTooLarge,
            Fault::RequestTimeout => Self::RequestTimeout,
            Fault::MalformedBody(problem) => Self::invalid("body", problem),
            Fault::InvalidIdempotencyKey => Self::invalid(
                "Idempotency-Key",
                "must be 1 to 255 visible ASCII characters, sent once",
            ),
            Fault::IdempotencyMismatch => Self::IdempotencyMismatch,
            Fault::InProgress => Self::InProgress,
            Fault::RateLimited { retry_after } => Self::RateLimited { retry_after },
            Fault::Busy { retry_after } => Self::Busy { retry_after },
            Fault::StoreUnavailable => Self::Gateway,
            Fault::Internal => Self::Internal,
        }
    }
}

impl From<SignUpError> for Error {
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::Taken(IdentifierKind::Username) => Self::NameExists,
            SignUpError::Taken(IdentifierKind::Email) => Self::EmailExists,
            // Nobody signs up with a phone number here.
            SignUpError::Taken(IdentifierKind::Phone) | SignUpError::CodeSpent(Channel::Sms) => {
                Self::Internal
            }
            SignUpError::CodeSpent(Channel::Email) => Self::InvalidVerifyCode,
            SignUpError::Busy { retry_after } => Self::Busy { retry_after },
            SignUpError::ClaimLost => Self::InProgress,
            SignUpError::StoreUnavailable => Self::Gateway,
            SignUpError::Internal => Self::Internal,
        }
    }
}

impl From<CheckCodeError> for Error {
    fn from(error: CheckCodeError) -> Self {
        match error {
            CheckCodeError::Wrong => Self::InvalidVerifyCode,
            CheckCodeError::StoreUnavailable => Self::Gateway,
        }
    }
}

impl From<SendCodeError> for Error {
    fn from(error: SendCodeError) -> Self {
        match error {
            SendCodeError::Limited { retry_after, .. } => Self::RateLimited { retry_after },
            SendCodeError::StoreUnavailable => Self::Gateway,
            SendCodeError::Internal => Self::Internal,
        }
    }
}
