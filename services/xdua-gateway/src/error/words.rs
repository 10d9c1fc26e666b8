//! The reasons that people read.

use signup_core::context::Language;
use signup_http::Fault;

use super::{Error, whole_seconds};
use crate::tokens::TokenError;

impl Error {
    /// The reason in a language. English is plain ASCII but for a client's own field names in `extra`, which no header
    /// repeats.
    pub(crate) fn reason(&self, language: Language) -> String {
        match language {
            Language::Chinese => self.chinese(),
            Language::English => self.english(),
        }
    }

    /// The reason as it may be kept: without the names of a client's own fields.
    pub(super) fn kept_reason(&self) -> String {
        match self {
            Self::InvalidParameter { field, .. } if field.starts_with("extra.") => "extra".into(),
            _ => self.english(),
        }
    }

    fn chinese(&self) -> String {
        let text = match self {
            Self::InvalidParameter { field, problem } => {
                return format!("参数 {field} {}", problem.text(Language::Chinese));
            }
            Self::SendingLimited { retry_after } => {
                return format!(
                    "验证码发送过于频繁，请 {} 秒后再试",
                    whole_seconds(*retry_after)
                );
            }
            Self::UstrExists => "该手机号或邮箱已注册",
            Self::InvalidVfcode => "验证码错误或已失效",
            Self::VfcodeRequired => "请填写验证码",
            Self::WeakPassword => "密码过于常见，请更换",
            Self::UnknownShop => "店铺不存在",
            Self::UnknownTable => "用户表不存在",
            Self::RoleNotAllowed => "不允许设置该角色",
            Self::ActionNotAllowed => "该令牌无权执行此操作",
            Self::ShopDisabled => "店铺已停用",
            Self::Token(TokenError::Missing) => "缺少令牌",
            Self::Token(TokenError::Invalid) => "令牌无效",
            Self::Token(TokenError::Expired) => "令牌已过期",
            Self::Token(TokenError::NotYetValid) => "令牌尚未生效",
            Self::Token(TokenError::NotAccepted) => "该令牌不能用于此店铺",
            Self::Fault(fault) => match fault {
                Fault::NotFound => "接口不存在",
                Fault::MethodNotAllowed { .. } => "不支持该请求方法",
                Fault::UnsupportedMediaType => {
                    "请求体必须是 UTF-8 的 application/x-www-form-urlencoded 或 application/json"
                }
                Fault::UnsupportedEncoding => "请求体不得压缩（不支持 Content-Encoding）",
                Fault::PayloadTooLarge => "请求体过大",
                Fault::RequestTimeout => "请求体接收超时",
                Fault::MalformedBody(_) => "请求体无法解析",
                Fault::InvalidIdempotencyKey => "Idempotency-Key 无效",
                Fault::IdempotencyMismatch => "该 Idempotency-Key 已用于其他请求",
                Fault::InProgress => "相同 Idempotency-Key 的请求正在处理",
                Fault::RateLimited { .. } => "请求过于频繁，请稍后再试",
                Fault::Busy { .. } => "系统繁忙，请稍后再试",
                Fault::StoreUnavailable => "后端服务暂不可用，请稍后再试",
                Fault::Internal => "系统内部错误",
            },
        };
        text.to_owned()
    }

    fn english(&self) -> String {
        let text = match self {
            Self::InvalidParameter { field, problem } => {
                return format!("{field} {}", problem.text(Language::English));
            }
            Self::SendingLimited { retry_after } => {
                return format!(
                    "too many codes were asked for; try again in {} s",
                    whole_seconds(*retry_after)
                );
            }
            Self::UstrExists => "this phone number or e-mail address is registered already",
            Self::InvalidVfcode => "the verification code is wrong or no longer valid",
            Self::VfcodeRequired => "a verification code is required",
            Self::WeakPassword => "this password is one of the most common ones",
            Self::UnknownShop => "there is no such shop",
            Self::UnknownTable => "there is no such user table",
            Self::RoleNotAllowed => "this role may not be given",
            Self::ActionNotAllowed => "this token does not permit the action",
            Self::ShopDisabled => "the shop is disabled",
            Self::Token(error) => return error.to_string(),
            Self::Fault(fault) => match fault {
                Fault::NotFound => "there is no such API",
                Fault::MethodNotAllowed { .. } => "this method is not supported here",
                Fault::UnsupportedMediaType => {
                    "the body must be application/x-www-form-urlencoded or application/json in UTF-8"
                }
                Fault::UnsupportedEncoding => {
                    "the body must be sent without Content-Encoding, not compressed"
                }
                Fault::PayloadTooLarge => "the body is too large",
                Fault::RequestTimeout => "the body did not arrive in time",
                Fault::MalformedBody(_) => "the body cannot be read",
                Fault::InvalidIdempotencyKey => "Idempotency-Key is invalid",
                Fault::IdempotencyMismatch => "this Idempotency-Key was used for another request",
                Fault::InProgress => "a request with this Idempotency-Key is in progress",
                Fault::RateLimited { .. } => "too many requests; try again later",
                Fault::Busy { .. } => "the service is busy; try again later",
                Fault::StoreUnavailable => "the service behind the gateway is unavailable",
                Fault::Internal => "internal error",
            },
        };
        text.to_owned()
    }
}
