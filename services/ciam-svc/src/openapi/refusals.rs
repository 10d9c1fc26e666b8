//! The error tables of the description.

use std::time::Duration;

use signup_core::code::Channel;
use signup_core::identifier::IdentifierKind;
use signup_http::Fault;

use crate::error::ApiError;

const SEED: &str = "seed document";
const VENDOR: &str = "vendor";
const OURS: &str = "our choice";

/// One row: an error, when it is answered, and who says so.
pub(super) struct Refusal {
    pub(super) error: ApiError,
    pub(super) when: &'static str,
    pub(super) source: &'static str,
}

/// What `/signup` refuses, in the order in which it looks.
pub(super) fn of_sign_up() -> Vec<Refusal> {
    let own = [
        (
            ApiError::FlowDisabled,
            "The application's sign-up flow is off. 注册流程未启用",
            SEED,
        ),
        (ApiError::NotAnObject, "The body is no JSON object", OURS),
        (
            ApiError::UnknownAttribute,
            "A member that the tenant does not know. 未知属性",
            SEED,
        ),
        (
            ApiError::UnconfiguredAttribute,
            "A member that the tenant knows and the flow does not have. 流程未配置的属性",
            SEED,
        ),
        (
            ApiError::MissingAttribute,
            "An authentication attribute or a required attribute is missing. 缺少必填属性",
            SEED,
        ),
        (
            ApiError::InvalidUsername,
            "Not a user name. 用户名不合法",
            SEED,
        ),
        (
            ApiError::Malformed(Channel::Sms),
            "Not a mainland mobile number. 手机号不合法",
            SEED,
        ),
        (
            ApiError::Malformed(Channel::Email),
            "Not an e-mail address. 邮箱不合法",
            SEED,
        ),
        (
            ApiError::IllegalValue("Illegal value of attribute zoneinfo.".to_owned()),
            "A value of the wrong type or form; the description is the operator's own text where there is one",
            OURS,
        ),
        (
            ApiError::NoPasswordSource,
            "A password was sent, and the login flow has no password source. 未关联账号密码认证源",
            SEED,
        ),
        (
            ApiError::InvalidPassword,
            "The password breaks the policy. 密码不满足策略",
            SEED,
        ),
        (
            ApiError::BadOtpToken(Channel::Sms),
            "The token is missing, wrong, expired, or made for another phone number, application or purpose",
            SEED,
        ),
        (
            ApiError::BadOtpToken(Channel::Email),
            "The same for the e-mail address",
            SEED,
        ),
        (
            ApiError::BadOtp(Channel::Sms),
            "The code is missing, wrong, expired, used, replaced by a newer one, or was tried wrongly five times",
            SEED,
        ),
        (
            ApiError::BadOtp(Channel::Email),
            "The same for the e-mail address",
            SEED,
        ),
        (
            ApiError::Duplicate(IdentifierKind::Username),
            "The user name is taken. 用户名已存在",
            SEED,
        ),
        (
            ApiError::Duplicate(IdentifierKind::Phone),
            "The phone number is taken; told only to who holds its code. 手机号已存在",
            SEED,
        ),
        (
            ApiError::Duplicate(IdentifierKind::Email),
            "The e-mail address is taken; told only to who holds its code. 邮箱已存在",
            SEED,
        ),
        (
            ApiError::Fault(Fault::Busy {
                retry_after: Duration::from_secs(2),
            }),
            "Too many passwords wait to be hashed",
            OURS,
        ),
        (
            ApiError::Fault(Fault::StoreUnavailable),
            "The database is out of reach",
            OURS,
        ),
    ];
    rows(own)
}

/// What `/otp/send` refuses, in the order in which it looks.
pub(super) fn of_send_code() -> Vec<Refusal> {
    let own = [
        (
            ApiError::FlowDisabled,
            "The application's sign-up flow is off. 注册流程未启用",
            OURS,
        ),
        (ApiError::NotAnObject, "The body is no JSON object", OURS),
        (
            ApiError::UnsupportedUsage,
            "Another usage than signup, or none",
            OURS,
        ),
        (ApiError::NotOneAddress, "No address, or two", OURS),
        (
            ApiError::IllegalValue("Illegal value of attribute email.".to_owned()),
            "An address that is no text",
            OURS,
        ),
        (
            ApiError::Malformed(Channel::Sms),
            "Not a mainland mobile number. 手机号不合法",
            VENDOR,
        ),
        (
            ApiError::Malformed(Channel::Email),
            "Not an e-mail address. 邮箱不合法",
            VENDOR,
        ),
        (
            ApiError::BlockedEmail,
            "The address is on the application's block list. 邮箱在黑名单中",
            VENDOR,
        ),
        (
            ApiError::NoOtpSource(Channel::Sms),
            "The flow has no source of codes by SMS",
            OURS,
        ),
        (
            ApiError::NoOtpSource(Channel::Email),
            "The flow has no source of codes by e-mail",
            OURS,
        ),
        (
            ApiError::Used(Channel::Sms),
            "The phone number is registered; with probe protection, 200 and a note to its owner instead (our choice). 手机号已注册",
            VENDOR,
        ),
        (
            ApiError::Used(Channel::Email),
            "The same for the e-mail address. 邮箱已注册",
            VENDOR,
        ),
        (
            ApiError::AddressLimited(Channel::Sms),
            "More than 1 code in 30 seconds or 50 in a day for the phone number. 短信发送过于频繁",
            VENDOR,
        ),
        (
            ApiError::AddressLimited(Channel::Email),
            "The same for the e-mail address",
            OURS,
        ),
        (
            ApiError::InsufficientQuota(Channel::Sms),
            "The application's SMS budget of the day is used up, as a whole or for the number's country. 短信额度不足",
            VENDOR,
        ),
        (
            ApiError::InsufficientQuota(Channel::Email),
            "The application's e-mail budget of the day is used up. 邮件额度不足",
            VENDOR,
        ),
        (
            ApiError::SendFailed,
            "The code could not be handed over for sending",
            VENDOR,
        ),
    ];
    rows(own)
}

/// The endpoint's own rows among those that all endpoints have.
fn rows<const N: usize>(own: [(ApiError, &'static str, &'static str); N]) -> Vec<Refusal> {
    let retry_after = Duration::from_secs(12);
    let before = [
        (
            ApiError::InvalidClient,
            "No credentials, wrong ones, or another tenant's host; the application is unknown or disabled",
            OURS,
        ),
        (
            ApiError::UnauthorizedClient,
            "This sort of application may not call here",
            OURS,
        ),
        (
            ApiError::Fault(Fault::RateLimited { retry_after }),
            "Too many requests from one address",
            OURS,
        ),
        (
            ApiError::Fault(Fault::InvalidIdempotencyKey),
            "Idempotency-Key is malformed",
            OURS,
        ),
        (
            ApiError::Fault(Fault::InProgress),
            "The first request with this Idempotency-Key is not answered yet",
            OURS,
        ),
        (
            ApiError::Fault(Fault::IdempotencyMismatch),
            "The Idempotency-Key belongs to another body",
            OURS,
        ),
        (
            ApiError::Fault(Fault::RequestTimeout),
            "The body did not arrive in time",
            OURS,
        ),
        (
            ApiError::Fault(Fault::PayloadTooLarge),
            "The body is larger than 64 KiB",
            OURS,
        ),
        (
            ApiError::Fault(Fault::UnsupportedMediaType),
            "The body is not application/json",
            OURS,
        ),
    ];
    let after = [(ApiError::Fault(Fault::Internal), "A fault of ours", OURS)];
    before
        .into_iter()
        .chain(own)
        .chain(after)
        .map(|(error, when, source)| Refusal {
            error,
            when,
            source,
        })
        .collect()
}

/// What responses of a status have in common.
pub(super) fn heading(status: u16) -> &'static str {
    match status {
        400 => "The request was refused.",
        401 => "The client has not proven itself.",
        408 => "The request did not arrive in time.",
        409 => "A request with the same Idempotency-Key is in progress.",
        413 => "The body is too large.",
        415 => "The body is in another format.",
        422 => "The Idempotency-Key was used for another request.",
        429 => "Too many requests; wait.",
        503 => "Not now; wait.",
        _ => "A fault of ours; the request id finds it in the log.",
    }
}

/// The header field that responses of a status have: name, meaning, example.
pub(super) fn header(status: u16) -> Option<(&'static str, &'static str, &'static str)> {
    match status {
        401 => Some(("WWW-Authenticate", "The scheme to use (RFC 7617).", "Basic")),
        429 | 503 => Some(("Retry-After", "Whole seconds to wait (our choice).", "12")),
        _ => None,
    }
}
