//! `POST /otp/send`.

use std::time::Duration;

use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signup_app::{App, CodeMessage, CodeRequest};
use signup_core::code::Channel;
use signup_core::context::RequestContext;
use signup_core::identifier::{EmailAddress, IdentifierKind, PhoneNumber};
use signup_core::reply::Reply;
use signup_http::{Body, Context, Fault, idempotent};
use utoipa::ToSchema;

use super::json::{self, text};
use crate::auth::Client;
use crate::error::ApiError;
use crate::settings::{ApplicationKind, OtpSource};

/// How long an `otp_token` is good for (vendor's documentation). The code may end earlier.
const TOKEN_LIFETIME: Duration = Duration::from_secs(300);

/// Where a code is to go. Members with other names are ignored; `auth_source_id` belongs to usages that do not exist
/// yet.
///
/// 验证码的接收方。
#[derive(Deserialize, ToSchema)]
pub(crate) struct SendCodeRequest {
    /// What the code is for. Only `signup` exists; a request without it asks for `login` (vendor's documentation).
    #[schema(value_type = String, example = "signup")]
    usage: Option<Value>,
    /// 11 digits of the three mainland carriers. Either this or `email` (vendor's documentation). 手机号。
    #[schema(value_type = Option<String>, pattern = "^1[0-9]{10}$", example = "13612345678")]
    phone_number: Option<Value>,
    /// An e-mail address of at most 254 bytes (vendor's documentation). 邮箱地址。
    #[schema(value_type = Option<String>, format = "email", max_length = 254, example = "MOCK_USERNAME@example.com")]
    email: Option<Value>,
}

/// A code is on its way.
#[derive(Serialize, ToSchema)]
pub(crate) struct SendCodeResponse {
    /// Stands for the code that was sent; `/signup` takes it for 5 minutes. 有效期 5 分钟。
    #[schema(example = "AQGbV3l4c3Rva2Vu")]
    otp_token: String,
}

/// Send a code 发送 OTP 验证码
///
/// Sends a code to a phone number or e-mail address that is to sign up. By default it has 6 digits and is good for 60
/// seconds, the token for 300 (vendor's documentation). A new code takes the place of the older one, five wrong tries
/// end it, and one sign-up uses it up (our choice). Faults are looked for in this order (our choice): client, flow
/// enabled, body, usage, address, block list, code source, registered already, limits.
///
/// 向待注册的手机号或邮箱发送验证码。默认 6 位数字,60 秒内有效。
#[utoipa::path(
    post,
    path = "/otp/send",
    tag = "sign-up",
    operation_id = "sendCode",
    request_body(content = SendCodeRequest, content_type = "application/json", examples(
        ("sms" = (summary = "By SMS. 短信验证码", value = json!({"usage": "signup", "phone_number": "13612345678"}))),
        ("email" = (summary = "By e-mail. 邮箱验证码", value = json!({"usage": "signup", "email": "MOCK_USERNAME@example.com"}))),
    )),
    params(
        ("Idempotency-Key" = Option<String>, Header, nullable = false, min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "0d9c2f6e-6a1b-4f0e-9c0a-2f4c5f1f7a11",
         description = "1 to 255 visible ASCII characters. A repeated request with the same key and body gets the first reply again, for 24 hours, and no second code is sent; refusals that pass, such as limits, are not repeated (our choice)."),
        ("Accept-Language" = Option<String>, Header, nullable = false, example = "zh-CN",
         description = "The language of the message, Chinese or English; the application's own when absent (our choice)."),
        ("X-Request-Id" = Option<String>, Header, nullable = false, example = "order-17",
         description = "Comes back in the reply and stands in logs and events; made up here when it is absent or has other than 1 to 128 visible ASCII characters (our choice).")
    ),
    responses((status = 200, description = "The code is on its way.", body = SendCodeResponse, content_type = "application/json",
               headers(("X-Request-Id" = String, description = "The request's id (our choice).")))),
    security(("client" = []))
)]
pub(crate) async fn send_code(
    app: web::Data<App>,
    context: Context,
    request: HttpRequest,
    body: Body,
) -> Result<Reply, Fault> {
    let client = match Client::admit(&app, &context, &request, ApplicationKind::may_send_codes) {
        Ok(client) => client,
        Err(error) => return Ok(error.reply()),
    };
    // Nothing is written together with the code's request that the claim could be settled in.
    let run = async |_| match send(&app, &client, &context, &request, &body).await {
        Ok(otp_token) => Reply::json(200, &SendCodeResponse { otp_token }),
        Err(error) => error.reply(),
    };
    match idempotent(&app, &client.application, &context, &request, &body, run).await {
        Err(Fault::StoreUnavailable) => Ok(ApiError::SendFailed.reply()),
        reply => reply,
    }
}

async fn send(
    app: &App,
    client: &Client,
    context: &RequestContext,
    request: &HttpRequest,
    body: &[u8],
) -> Result<String, ApiError> {
    if !client.settings.flow.enabled {
        return Err(ApiError::FlowDisabled);
    }
    let recipient = Recipient::read(&json::object(request, body)?, client)?;
    let source = source(client, recipient.channel)?;
    let is_used = recipient.is_used(app, client, context).await?;
    if is_used && !client.settings.probe_protection {
        return Err(ApiError::Used(recipient.channel));
    }
    let channel = recipient.channel;
    let messages = &client.application.rules.messages;
    let code = CodeRequest {
        application: &client.application,
        channel,
        address: recipient.address,
        recipient: recipient.mailbox,
        digits: source.code_length,
        valid_for: source.validity(),
        // The note costs the limits what a code costs, so that nothing tells them apart from outside.
        message: CodeMessage::discreet(is_used),
        locale: messages.locale_for(context.language).to_owned(),
    };
    let challenge = app
        .send_code(code, context)
        .await
        .map_err(|error| ApiError::of_sending(&error, channel))?;
    app.challenge_token(&challenge, TOKEN_LIFETIME)
        .ok_or(ApiError::Fault(Fault::Internal))
}

/// Who gets the code.
struct Recipient {
    channel: Channel,
    kind: IdentifierKind,
    /// Normalised.
    address: String,
    /// Where the message goes.
    mailbox: String,
}

impl Recipient {
    fn read(request: &SendCodeRequest, client: &Client) -> Result<Self, ApiError> {
        if request.usage.as_ref().and_then(Value::as_str) != Some("signup") {
            return Err(ApiError::UnsupportedUsage);
        }
        let phone_number = text(&request.phone_number, "phone_number")?;
        let email = text(&request.email, "email")?;
        match (phone_number, email) {
            (Some(number), None) => Self::of_phone_number(number, client),
            (None, Some(address)) => Self::of_email(address, client),
            (None, None) | (Some(_), Some(_)) => Err(ApiError::NotOneAddress),
        }
    }

    fn of_phone_number(number: &str, client: &Client) -> Result<Self, ApiError> {
        let number = PhoneNumber::parse_mainland(number, client.directory.segments())
            .map_err(|_| ApiError::Malformed(Channel::Sms))?;
        Ok(Self {
            channel: Channel::Sms,
            kind: IdentifierKind::Phone,
            address: number.key().to_owned(),
            mailbox: number.key().to_owned(),
        })
    }

    fn of_email(address: &str, client: &Client) -> Result<Self, ApiError> {
        let address =
            EmailAddress::parse(address).map_err(|_| ApiError::Malformed(Channel::Email))?;
        if client.settings.blocked_emails.contains(&address) {
            return Err(ApiError::BlockedEmail);
        }
        Ok(Self {
            channel: Channel::Email,
            kind: IdentifierKind::Email,
            address: address.key().to_owned(),
            mailbox: address.mailbox(),
        })
    }

    async fn is_used(
        &self,
        app: &App,
        client: &Client,
        context: &RequestContext,
    ) -> Result<bool, ApiError> {
        app.is_taken(&client.application, self.kind, &self.address, context)
            .await
            .map_err(|error| ApiError::of_sending(&error, self.channel))
    }
}

/// The source of codes for a channel, if the flow has one and the application may use the channel.
fn source(client: &Client, channel: Channel) -> Result<OtpSource, ApiError> {
    let messages = &client.application.rules.messages;
    let is_open = match channel {
        Channel::Sms => messages.sms,
        Channel::Email => messages.email,
    };
    client
        .settings
        .flow
        .source(channel)
        .filter(|_| is_open)
        .ok_or(ApiError::NoOtpSource(channel))
}
