//! The errors of the API, and how each is worded.

use std::borrow::Cow;

use serde::Serialize;
use signup_app::{CheckCodeError, SendCodeError, SignUpError, trace};
use signup_core::code::{Channel, LimitScope};
use signup_core::context::RequestContext;
use signup_core::identifier::IdentifierKind;
use signup_core::reply::Reply;
use signup_http::Fault;
use utoipa::ToSchema;

/// The content type of errors, spelled as the vendor does (seed 002).
pub(crate) const ERROR_CONTENT_TYPE: &str = "application/json;charset=UTF-8";

/// Seconds after which a client may try again when the database was out of reach (our choice).
const STORE_RETRY_SECONDS: u64 = 5;

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// The client is unknown, disabled, of another tenant, or did not prove itself.
    InvalidClient,
    /// This sort of application may not call this endpoint.
    UnauthorizedClient,
    /// The sign-up flow is switched off.
    FlowDisabled,
    /// The application has no source of codes for this channel.
    NoOtpSource(Channel),
    /// A password was sent, and nobody logs in with one.
    NoPasswordSource,
    /// The body is JSON, but no object.
    NotAnObject,
    /// The body cannot be read as JSON; what is wrong with it, in words that follow "The request body".
    UnreadableBody(String),
    /// An attribute that nothing declares.
    UnknownAttribute,
    /// An attribute that is declared, but not part of the flow.
    UnconfiguredAttribute,
    /// A required attribute is missing.
    MissingAttribute,
    /// Not a user name.
    InvalidUsername,
    /// Not a mainland mobile number, or not an e-mail address.
    Malformed(Channel),
    /// A value of the wrong type or form; what the client is told about it.
    IllegalValue(String),
    /// The password breaks the policy.
    InvalidPassword,
    /// The token does not stand for a code sent to this address.
    BadOtpToken(Channel),
    /// The code is wrong, expired or dead.
    BadOtp(Channel),
    /// The identifier is taken in the directory.
    Duplicate(IdentifierKind),
    /// A code was asked for with another usage than sign-up.
    UnsupportedUsage,
    /// A code was asked for without an address, or for two.
    NotOneAddress,
    /// The address is on the application's block list.
    BlockedEmail,
    /// A code was asked for an address that is registered.
    Used(Channel),
    /// Too many codes for one address.
    AddressLimited(Channel),
    /// The application's budget of codes is used up.
    InsufficientQuota(Channel),
    /// The code could not be sent.
    SendFailed,
    /// What every provider's service refuses.
    Fault(Fault),
}

/// The body of every error.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody<'a> {
    /// What is wrong, for programs. 错误码。
    #[schema(example = "invalid_request")]
    error: &'a str,
    /// What is wrong, for people; many errors have none. 错误描述,部分错误没有。
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Missing required sign-up attribute(s).")]
    error_description: Option<&'a str>,
}

/// Words a refusal that was made outside the API's own rules.
pub(crate) fn word(fault: &Fault, _: &RequestContext) -> Reply {
    ApiError::Fault(fault.clone()).reply()
}

impl ApiError {
    /// The reply to the client.
    pub(crate) fn reply(&self) -> Reply {
        let description = self.description();
        trace::refused(self.code(), description.as_deref().unwrap_or_default());
        let body = ErrorBody {
            error: self.code(),
            error_description: description.as_deref(),
        };
        let mut reply = Reply::json_as(ERROR_CONTENT_TYPE, self.status(), &body);
        if *self == Self::InvalidClient {
            reply = reply.with_header("www-authenticate", "Basic");
        }
        if let Some(seconds) = self.retry_after() {
            reply = reply.with_header("retry-after", seconds.to_string());
        }
        if self.passes() {
            reply = reply.passing();
        }
        reply
    }

    /// Whether the same request may fare better later although the status says that it was wrong: a limit is free again,
    /// or an operator has mended what is `misconfigured`.
    fn passes(&self) -> bool {
        matches!(
            self,
            Self::FlowDisabled
                | Self::NoOtpSource(_)
                | Self::NoPasswordSource
                | Self::AddressLimited(_)
                | Self::InsufficientQuota(_)
        )
    }

    fn status(&self) -> u16 {
        match self {
            Self::InvalidClient => 401,
            Self::SendFailed => 503,
            Self::Fault(fault) => fault.status(),
            Self::UnauthorizedClient
            | Self::FlowDisabled
            | Self::NoOtpSource(_)
            | Self::NoPasswordSource
            | Self::NotAnObject
            | Self::UnreadableBody(_)
            | Self::UnknownAttribute
            | Self::UnconfiguredAttribute
            | Self::MissingAttribute
            | Self::InvalidUsername
            | Self::Malformed(_)
            | Self::IllegalValue(_)
            | Self::InvalidPassword
            | Self::BadOtpToken(_)
            | Self::BadOtp(_)
            | Self::Duplicate(_)
            | Self::UnsupportedUsage
            | Self::NotOneAddress
            | Self::BlockedEmail
            | Self::Used(_)
            | Self::AddressLimited(_)
            | Self::InsufficientQuota(_) => 400,
        }
    }

    /// The value of `error`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::InvalidClient => "invalid_client",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::FlowDisabled | Self::NoOtpSource(_) | Self::NoPasswordSource => "misconfigured",
            Self::NotAnObject
            | Self::UnreadableBody(_)
            | Self::UnknownAttribute
            | Self::UnconfiguredAttribute
            | Self::MissingAttribute
            | Self::UnsupportedUsage
            | Self::NotOneAddress => "invalid_request",
            Self::InvalidUsername => "invalid_username",
            Self::Malformed(Channel::Sms) => "malformed_phone_number",
            Self::Malformed(Channel::Email) => "malformed_email",
            Self::IllegalValue(_) => "illegal_parameter_value",
            Self::InvalidPassword => "invalid_password",
            Self::BadOtpToken(Channel::Sms) => "bad_phone_number_otp_token",
            Self::BadOtpToken(Channel::Email) => "bad_email_otp_token",
            Self::BadOtp(Channel::Sms) => "bad_phone_number_otp",
            Self::BadOtp(Channel::Email) => "bad_email_otp",
            Self::Duplicate(IdentifierKind::Username) => "duplicate_username",
            Self::Duplicate(IdentifierKind::Phone) => "duplicate_phone_number",
            Self::Duplicate(IdentifierKind::Email) => "duplicate_email",
            Self::BlockedEmail => "invalid_email",
            Self::Used(Channel::Sms) => "phone_number_is_used",
            Self::Used(Channel::Email) => "email_is_used",
            Self::AddressLimited(Channel::Sms) => "sms_rate_limit_exceeded",
            Self::AddressLimited(Channel::Email) => "email_rate_limit_exceeded",
            Self::InsufficientQuota(Channel::Sms) => "insufficient_sms_quota",
            Self::InsufficientQuota(Channel::Email) => "insufficient_email_quota",
            Self::SendFailed => "temporarily_unavailable",
            Self::Fault(fault) => fault_code(fault),
        }
    }

    /// The value of `error_description`.
    pub(crate) fn description(&self) -> Option<Cow<'_, str>> {
        let text = match self {
            Self::FlowDisabled => "Sign up flow of the application is not enabled.",
            Self::NoPasswordSource => "No password auth source is associated with the application.",
            Self::NoOtpSource(Channel::Sms) => {
                "No SMS OTP source is associated with the application."
            }
            Self::NoOtpSource(Channel::Email) => {
                "No email OTP source is associated with the application."
            }
            Self::NotAnObject => "The request body must be a JSON object.",
            Self::UnknownAttribute => "Unknown attribute(s) found.",
            Self::UnconfiguredAttribute => "Unconfigured sign-up attribute(s) found.",
            Self::MissingAttribute => "Missing required sign-up attribute(s).",
            Self::UnsupportedUsage => "Unsupported usage.",
            Self::NotOneAddress => "Exactly one of phone_number and email is required.",
            Self::AddressLimited(Channel::Sms) => "SMS rate limit exceeded for same phone number",
            Self::SendFailed => "Failed to send OTP. Please try again later.",
            Self::IllegalValue(text) => text,
            Self::UnreadableBody(problem) => {
                return Some(Cow::Owned(format!("The request body {problem}.")));
            }
            Self::Fault(fault) => return fault_description(fault).map(Cow::Owned),
            Self::InvalidClient
            | Self::UnauthorizedClient
            | Self::InvalidUsername
            | Self::Malformed(_)
            | Self::InvalidPassword
            | Self::BadOtpToken(_)
            | Self::BadOtp(_)
            | Self::Duplicate(_)
            | Self::BlockedEmail
            | Self::Used(_)
            | Self::AddressLimited(Channel::Email)
            | Self::InsufficientQuota(_) => return None,
        };
        Some(Cow::Borrowed(text))
    }

    /// Whole seconds for `Retry-After`, where waiting helps.
    fn retry_after(&self) -> Option<u64> {
        let Self::Fault(fault) = self else {
            return (*self == Self::SendFailed).then_some(STORE_RETRY_SECONDS);
        };
        match fault {
            Fault::Busy { retry_after } | Fault::RateLimited { retry_after } => {
                // Rounded up: a client that comes back a moment too early is refused again.
                let seconds = retry_after.as_millis().div_ceil(1000).max(1);
                Some(u64::try_from(seconds).unwrap_or(u64::MAX))
            }
            Fault::StoreUnavailable => Some(STORE_RETRY_SECONDS),
            Fault::NotFound
            | Fault::MethodNotAllowed { .. }
            | Fault::UnsupportedMediaType
            | Fault::UnsupportedEncoding
            | Fault::PayloadTooLarge
            | Fault::RequestTimeout
            | Fault::MalformedBody(_)
            | Fault::InvalidIdempotencyKey
            | Fault::IdempotencyMismatch
            | Fault::InProgress
            | Fault::Internal => None,
        }
    }

    /// Why a code was not sent.
    pub(crate) fn of_sending(error: &SendCodeError, channel: Channel) -> Self {
        match error {
            SendCodeError::Limited { scope, retry_after } => match scope {
                LimitScope::AddressInterval | LimitScope::AddressDay => {
                    Self::AddressLimited(channel)
                }
                LimitScope::Application | LimitScope::Country(_) => {
                    Self::InsufficientQuota(channel)
                }
                LimitScope::Client => Self::Fault(Fault::RateLimited {
                    retry_after: *retry_after,
                }),
            },
            SendCodeError::StoreUnavailable => Self::SendFailed,
            SendCodeError::Internal => Self::Fault(Fault::Internal),
        }
    }

    /// Why a code did not count.
    pub(crate) fn of_checking(error: CheckCodeError, channel: Channel) -> Self {
        match error {
            CheckCodeError::Wrong => Self::BadOtp(channel),
            CheckCodeError::StoreUnavailable => Self::Fault(Fault::StoreUnavailable),
        }
    }
}

impl From<SignUpError> for ApiError {
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::Taken(kind) => Self::Duplicate(kind),
            SignUpError::CodeSpent(channel) => Self::BadOtp(channel),
            SignUpError::Busy { retry_after } => Self::Fault(Fault::Busy { retry_after }),
            SignUpError::ClaimLost => Self::Fault(Fault::InProgress),
            SignUpError::StoreUnavailable => Self::Fault(Fault::StoreUnavailable),
            SignUpError::Internal => Self::Fault(Fault::Internal),
        }
    }
}

fn fault_code(fault: &Fault) -> &'static str {
    match fault {
        Fault::NotFound => "not_found",
        Fault::MethodNotAllowed { .. } => "method_not_allowed",
        Fault::UnsupportedMediaType | Fault::UnsupportedEncoding => "unsupported_media_type",
        Fault::PayloadTooLarge => "payload_too_large",
        Fault::RequestTimeout => "request_timeout",
        Fault::MalformedBody(_) | Fault::InvalidIdempotencyKey => "invalid_request",
        Fault::IdempotencyMismatch => "idempotency_key_reused",
        Fault::InProgress => "request_in_progress",
        Fault::RateLimited { .. } => "rate_limit_exceeded",
        Fault::Busy { .. } | Fault::StoreUnavailable => "temporarily_unavailable",
        Fault::Internal => "server_error",
    }
}

fn fault_description(fault: &Fault) -> Option<String> {
    let text = match fault {
        Fault::UnsupportedMediaType => "The content type must be application/json in UTF-8.",
        Fault::UnsupportedEncoding => {
            "The request body must be sent without Content-Encoding, not compressed."
        }
        Fault::MalformedBody(problem) => {
            return Some(format!("The request is malformed: {problem}."));
        }
        Fault::InvalidIdempotencyKey => {
            "Idempotency-Key must be sent once, with 1 to 255 visible ASCII characters."
        }
        Fault::IdempotencyMismatch => "The Idempotency-Key belongs to another request.",
        Fault::InProgress => "The first request with this Idempotency-Key is still in progress.",
        Fault::NotFound
        | Fault::MethodNotAllowed { .. }
        | Fault::PayloadTooLarge
        | Fault::RequestTimeout
        | Fault::RateLimited { .. }
        | Fault::Busy { .. }
        | Fault::StoreUnavailable
        | Fault::Internal => return None,
    };
    Some(text.to_owned())
}
