//! Everything that this provider refuses, and how it is worded.
//!
//! Business failures are answered with HTTP 200, because the vendor's SDK hides the reason of every other status; what
//! the gateway refuses has a real status, the same body, and `x-ca-error-code` and `x-ca-error-message` (vendor).

mod problem;
mod words;

use std::time::Duration;

use signup_app::{CheckCodeError, SendCodeError, SignUpError, trace};
use signup_core::code::LimitScope;
use signup_core::context::{Language, RequestContext};
use signup_core::reply::Reply;
use signup_http::Fault;

pub(crate) use problem::Problem;

use crate::envelope;
use crate::tokens::TokenError;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// A field is missing or holds what it must not.
    InvalidParameter {
        /// The field, `ustr`, `extra.height`.
        field: String,
        /// What is wrong; never quotes the value.
        problem: Problem,
    },
    /// The phone number or e-mail address is taken in the shop's directory.
    UstrExists,
    /// The code is wrong, expired, used, replaced, or was never sent.
    InvalidVfcode,
    /// The shop wants a code, and there is none.
    VfcodeRequired,
    /// The password is a common one.
    WeakPassword,
    /// There is no such shop.
    UnknownShop,
    /// The shop has no such table.
    UnknownTable,
    /// The caller may not give this role.
    RoleNotAllowed,
    /// The token is of the wrong kind for this action, or its user may not add users.
    ActionNotAllowed,
    /// The address, or the whole shop, has been sent enough codes.
    SendingLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// The shop signs nobody up.
    ShopDisabled,
    /// The token does not prove who calls.
    Token(TokenError),
    /// What is the same for every provider.
    Fault(Fault),
}

impl Error {
    /// A field that is missing or holds what it must not.
    pub(crate) fn invalid(field: impl Into<String>, problem: Problem) -> Self {
        Self::InvalidParameter {
            field: field.into(),
            problem,
        }
    }

    /// The status code.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::InvalidParameter { .. }
            | Self::UstrExists
            | Self::InvalidVfcode
            | Self::VfcodeRequired
            | Self::WeakPassword
            | Self::UnknownShop
            | Self::UnknownTable
            | Self::RoleNotAllowed
            | Self::ActionNotAllowed
            | Self::SendingLimited { .. }
            | Self::ShopDisabled => 200,
            Self::Token(_) => 401,
            Self::Fault(fault) => match fault {
                // A body that cannot be read is the client's mistake like any wrong field.
                Fault::MalformedBody(_) => 200,
                Fault::StoreUnavailable => 502,
                Fault::NotFound
                | Fault::MethodNotAllowed { .. }
                | Fault::UnsupportedMediaType
                | Fault::UnsupportedEncoding
                | Fault::PayloadTooLarge
                | Fault::RequestTimeout
                | Fault::InvalidIdempotencyKey
                | Fault::IdempotencyMismatch
                | Fault::InProgress
                | Fault::RateLimited { .. }
                | Fault::Busy { .. }
                | Fault::Internal => fault.status(),
            },
        }
    }

    /// The word for programs.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::InvalidParameter { .. } | Self::Fault(Fault::MalformedBody(_)) => {
                "invalid_parameter"
            }
            Self::UstrExists => "ustr_exists",
            Self::InvalidVfcode => "invalid_vfcode",
            Self::VfcodeRequired => "vfcode_required",
            Self::WeakPassword => "weak_password",
            Self::UnknownShop => "unknown_shop",
            Self::UnknownTable => "unknown_table",
            Self::RoleNotAllowed => "role_not_allowed",
            Self::ActionNotAllowed => "action_not_allowed",
            Self::SendingLimited { .. } | Self::Fault(Fault::RateLimited { .. }) => "rate_limited",
            Self::ShopDisabled => "shop_disabled",
            Self::Token(TokenError::Missing) => "token_missing",
            Self::Token(TokenError::Invalid) => "token_invalid",
            Self::Token(TokenError::Expired) => "token_expired",
            Self::Token(TokenError::NotYetValid) => "token_not_yet_valid",
            Self::Token(TokenError::NotAccepted) => "token_not_accepted",
            Self::Fault(Fault::NotFound) => "not_found",
            Self::Fault(Fault::MethodNotAllowed { .. }) => "method_not_allowed",
            Self::Fault(Fault::UnsupportedMediaType | Fault::UnsupportedEncoding) => {
                "unsupported_media_type"
            }
            Self::Fault(Fault::PayloadTooLarge) => "payload_too_large",
            Self::Fault(Fault::RequestTimeout) => "request_timeout",
            Self::Fault(Fault::InvalidIdempotencyKey) => "invalid_idempotency_key",
            Self::Fault(Fault::IdempotencyMismatch) => "idempotency_mismatch",
            Self::Fault(Fault::InProgress) => "in_progress",
            Self::Fault(Fault::Busy { .. }) => "busy",
            Self::Fault(Fault::StoreUnavailable) => "store_unavailable",
            Self::Fault(Fault::Internal) => "internal_error",
        }
    }

    /// When to try again, where that helps.
    const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::SendingLimited { retry_after }
            | Self::Fault(Fault::RateLimited { retry_after } | Fault::Busy { retry_after }) => {
                Some(*retry_after)
            }
            _ => None,
        }
    }

    /// The whole reply.
    pub(crate) fn reply(&self, context: &RequestContext) -> Reply {
        let language = context.language.unwrap_or_default();
        let status = self.status();
        trace::refused(self.code(), self.kept_reason());
        let mut reply = envelope::failure(context, status, self.code(), self.reason(language));
        if status != 200 {
            // Header fields hold ASCII only.
            reply = reply
                .with_header("x-ca-error-code", self.code())
                .with_header("x-ca-error-message", self.reason(Language::English));
        }
        if status == 401 {
            // RFC 9110, section 11.6.1: a 401 names a scheme.
            reply = reply.with_header("www-authenticate", "Bearer");
        }
        if let Some(wait) = self.retry_after() {
            reply = reply.with_header("retry-after", whole_seconds(wait).to_string());
        }
        reply
    }
}

/// Words what the framework refuses.
pub(crate) fn word(fault: &Fault, context: &RequestContext) -> Reply {
    Error::Fault(fault.clone()).reply(context)
}

/// Rounded up, at least one: a client that comes back a moment too early is refused again.
fn whole_seconds(wait: Duration) -> u128 {
    wait.as_millis().div_ceil(1000).max(1)
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

impl From<SignUpError> for Error {
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::Taken(_) => Self::UstrExists,
            SignUpError::CodeSpent(_) => Self::InvalidVfcode,
            SignUpError::Busy { retry_after } => Fault::Busy { retry_after }.into(),
            SignUpError::ClaimLost => Fault::InProgress.into(),
            SignUpError::StoreUnavailable => Fault::StoreUnavailable.into(),
            SignUpError::Internal => Fault::Internal.into(),
        }
    }
}

impl From<CheckCodeError> for Error {
    fn from(error: CheckCodeError) -> Self {
        match error {
            CheckCodeError::Wrong => Self::InvalidVfcode,
            CheckCodeError::StoreUnavailable => Fault::StoreUnavailable.into(),
        }
    }
}

impl From<SendCodeError> for Error {
    fn from(error: SendCodeError) -> Self {
        match error {
            // People should learn from the SDK why no code comes; a client that asks for too many is a matter for the
            // gateway.
            SendCodeError::Limited {
                scope:
                    LimitScope::AddressInterval
                    | LimitScope::AddressDay
                    | LimitScope::Application
                    | LimitScope::Country(_),
                retry_after,
            } => Self::SendingLimited { retry_after },
            SendCodeError::Limited {
                scope: LimitScope::Client,
                retry_after,
            } => Fault::RateLimited { retry_after }.into(),
            SendCodeError::StoreUnavailable => Fault::StoreUnavailable.into(),
            SendCodeError::Internal => Fault::Internal.into(),
        }
    }
}
