//! The errors in the description.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde_json::Value;
use signup_core::context::RequestContext;
use signup_http::Fault;
use utoipa::openapi::example::{Example, ExampleBuilder};

use crate::error::{Error, Problem};
use crate::tokens::TokenError;

/// The request of all examples (seed 001).
pub(super) const APID: &str = "9CDC73EE-2304-40B4-B419-4864204F92E8";

/// Which requests are refused.
#[derive(Clone, Copy)]
pub(super) enum Endpoint {
    User,
    Vfc,
}

/// An error, and when it is answered, with the source of the rule.
pub(super) struct Refusal {
    pub(super) error: Error,
    when: &'static str,
}

impl Refusal {
    /// The whole body, as it is answered.
    pub(super) fn example(&self) -> Example {
        let context = RequestContext {
            request_id: APID.to_owned(),
            trace_parent: None,
            client_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            language: None,
            deadline: std::time::Instant::now() + Duration::from_secs(60),
        };
        let body: Value =
            serde_json::from_str(&self.error.reply(&context).body).unwrap_or_default();
        ExampleBuilder::new()
            .summary(format!("{}: {}", self.error.code(), self.when))
            .value(Some(body))
            .build()
    }
}

/// What an endpoint refuses, in the order in which it looks.
pub(super) fn of(endpoint: Endpoint) -> Vec<Refusal> {
    let own = match endpoint {
        Endpoint::User => of_user(),
        Endpoint::Vfc => of_vfc(),
    };
    own.into_iter()
        .chain(shared())
        .map(|(error, when)| Refusal { error, when })
        .collect()
}

/// What a status means.
pub(super) const fn heading(status: u16) -> &'static str {
    match status {
        400 => "A header cannot be used. 请求头无效",
        401 => "The token is refused. 令牌被拒绝",
        404 => "There is no such path. 接口不存在",
        405 => "There is no such method here. 请求方法不支持",
        408 => "The body took too long. 请求体接收超时",
        409 => "The same request is in progress. 相同请求正在处理",
        413 => "The body is too large. 请求体过大",
        415 => "The body is of another type. 请求体类型不支持",
        422 => "The key belongs to another request. 幂等键冲突",
        429 => "Too many requests. 请求过于频繁",
        500 => "A fault of ours. 系统内部错误",
        502 => "The database is out of reach. 后端服务不可用",
        _ => "Too much work at once. 系统繁忙",
    }
}

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

fn of_user() -> Vec<(Error, &'static str)> {
    vec![
        (
            Error::invalid("ustr", Problem::NotAPhone),
            "a field is missing or holds what it must not, or the body cannot be read (our choice)",
        ),
        (Error::UnknownShop, "there is no such shop (our choice)"),
        (Error::ShopDisabled, "the shop is closed (our choice)"),
        (
            Error::ActionNotAllowed,
            "`signup` without an app token; `adduser` without the token of a user who may add users (our choice)",
        ),
        (
            Error::RoleNotAllowed,
            "the shop does not have the role, or does not let people take it (our choice)",
        ),
        (
            Error::UnknownTable,
            "the shop has no such table (our choice)",
        ),
        (
            Error::WeakPassword,
            "the digest is that of a common password (our choice)",
        ),
        (
            Error::VfcodeRequired,
            "the shop wants a code, and there is none (our choice)",
        ),
        (
            Error::InvalidVfcode,
            "the code is wrong, expired, used, replaced by a newer one, or had 5 wrong tries (our choice)",
        ),
        (
            Error::UstrExists,
            "the phone number or address is registered in the shop's directory (our choice)",
        ),
        (
            Fault::Busy {
                retry_after: Duration::from_secs(1),
            }
            .into(),
            "too many passwords wait to be hashed (our choice)",
        ),
    ]
}

fn of_vfc() -> Vec<(Error, &'static str)> {
    vec![
        (
            Error::invalid("vfaddr", Problem::NotAPhone),
            "a field is missing or holds what it must not, or the body cannot be read (our choice)",
        ),
        (Error::UnknownShop, "there is no such shop (our choice)"),
        (Error::ShopDisabled, "the shop is closed (our choice)"),
        (
            Error::ActionNotAllowed,
            "the token is a user's (vendor: only app tokens ask for codes)",
        ),
        (
            Error::SendingLimited {
                retry_after: HALF_A_MINUTE,
            },
            "the address got a code less than 30 s ago, or 50 within a day, or the shop has used up its own limit (our choice)",
        ),
    ]
}

fn shared() -> Vec<(Error, &'static str)> {
    vec![
        (TokenError::Missing.into(), "there is no token (vendor)"),
        (
            TokenError::Invalid.into(),
            "no RS256 token, unknown `kid`, wrong signature, or a claim is missing (vendor)",
        ),
        (TokenError::Expired.into(), "`exp` is over (vendor)"),
        (
            TokenError::NotYetValid.into(),
            "`nbf` has not come (vendor)",
        ),
        (
            TokenError::NotAccepted.into(),
            "the app may not act for the shop, or `iss` or the key is not the shop's (vendor)",
        ),
        (
            Fault::InvalidIdempotencyKey.into(),
            "`Idempotency-Key` is not 1 to 255 visible ASCII characters (our choice)",
        ),
        (
            Fault::InProgress.into(),
            "the first request with this `Idempotency-Key` is at work (our choice)",
        ),
        (
            Fault::IdempotencyMismatch.into(),
            "this `Idempotency-Key` came with another query or body before (our choice)",
        ),
        (Fault::NotFound.into(), "another path (vendor)"),
        (
            Fault::MethodNotAllowed {
                allow: "POST, OPTIONS".to_owned(),
            }
            .into(),
            "another method than `POST` (vendor)",
        ),
        (
            Fault::RequestTimeout.into(),
            "the body did not arrive in time (our choice)",
        ),
        (
            Fault::PayloadTooLarge.into(),
            "the body has more than 65,536 bytes (our choice)",
        ),
        (
            Fault::UnsupportedMediaType.into(),
            "a body that is neither a form nor JSON in UTF-8 (our choice)",
        ),
        (
            Fault::RateLimited {
                retry_after: HALF_A_MINUTE,
            }
            .into(),
            "the calling address has used up its requests, or its codes of the hour (our choice)",
        ),
        (
            Fault::Internal.into(),
            "tell the operator the `apid` (our choice)",
        ),
        (
            Fault::StoreUnavailable.into(),
            "the database does not answer in time (vendor)",
        ),
    ]
}
