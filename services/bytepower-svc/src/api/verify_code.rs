//! Codes that prove e-mail addresses.

use std::time::Duration;

use actix_web::{HttpRequest, web};
use signup_app::{App, CodeMessage, CodeRequest};
use signup_core::application::Application;
use signup_core::code::Channel;
use signup_core::identifier::{EmailAddress, IdentifierKind};
use signup_core::reply::Reply;
use signup_http::{Body, Context, idempotent};
use utoipa::ToSchema;

use super::attribution::Platform;
use super::json::Object;
use super::require_json;
use crate::auth::{Caller, InService, by_signature, by_token};
use crate::error::Error;
use crate::version;

/// Length of a code (seed 000 shows six digits).
const DIGITS: u8 = 6;

/// How long a code is good for (our choice).
const VALID_FOR: Duration = Duration::from_secs(600);

/// The body of a request for a code. Unknown fields are ignored.
#[derive(ToSchema)]
pub(crate) struct CodeBody {
    /// Where the code goes. (vendor)
    #[schema(value_type = String, format = Email, example = "happymumu@example.com", min_length = 1, max_length = 254)]
    email: EmailAddress,
    /// Where the app runs. (vendor)
    #[allow(
        dead_code,
        reason = "the vendor demands it; nothing depends on its value"
    )]
    platform: Platform,
    /// What the code is for. (vendor)
    r#type: CodeType,
}

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CodeType {
    /// To sign up.
    SignUpEmail,
    /// To log in: refused with 417 as long as there is no login here. (our choice)
    LoginEmail,
}

/// Sends a code to an e-mail address, asked by the app itself. 发送邮箱验证码
#[utoipa::path(
    post,
    path = "/bp/user/send_email_verify_code",
    tag = "Verification codes",
    operation_id = "sendEmailVerifyCodeByClient",
    request_body(content = CodeBody, content_type = "application/json"),
    responses((status = 200, description = "A message is on its way. The body is empty. (vendor)")),
    security(("sign" = [])),
)]
pub(crate) async fn by_client(
    app: web::Data<App>,
    context: Context,
    request: HttpRequest,
    body: Body,
) -> Reply {
    let caller = version::check(&request).and_then(|()| by_signature(&app, &request, &body));
    answer(&app, caller, &context, &request, &body).await
}

/// Sends a code to an e-mail address, asked by the app's own server, which holds no client key. 服务端发送邮箱验证码
#[utoipa::path(
    post,
    path = "/bp/server/user/send_email_verify_code",
    tag = "Verification codes",
    operation_id = "sendEmailVerifyCodeByServer",
    request_body(content = CodeBody, content_type = "application/json"),
    responses((status = 200, description = "A message is on its way. The body is empty. (our choice)")),
    security(("auth_token" = [])),
)]
pub(crate) async fn by_server(
    app: web::Data<App>,
    context: Context,
    request: HttpRequest,
    body: Body,
) -> Reply {
    let caller = version::check(&request).and_then(|()| by_token(&app, &request));
    answer(&app, caller, &context, &request, &body).await
}

async fn answer(
    app: &App,
    caller: Result<Caller, Error>,
    context: &Context,
    request: &HttpRequest,
    body: &[u8],
) -> Reply {
    let admitted = caller.and_then(|caller| {
        let in_service = caller.in_service().ok_or(Error::CannotSendCode)?;
        require_json(request)?;
        Ok(in_service)
    });
    let InService { application, .. } = match admitted {
        Ok(in_service) => in_service,
        Err(error) => return error.reply(),
    };
    idempotent(
        app,
        &application,
        context,
        request,
        body,
        async |_| match send(app, &application, context, body).await {
            Ok(()) => Reply::empty(200),
            Err(error) => error.reply(),
        },
    )
    .await
    .unwrap_or_else(|fault| Error::from(fault).reply())
}

async fn send(
    app: &App,
    application: &Application,
    context: &Context,
    body: &[u8],
) -> Result<(), Error> {
    let CodeBody { email, r#type, .. } = CodeBody::parse(body)?;
    if r#type == CodeType::LoginEmail || !application.rules.messages.email {
        return Err(Error::CannotSendCode);
    }
    let is_taken = app
        .is_taken(application, IdentifierKind::Email, email.key(), context)
        .await?;
    app.send_code(
        CodeRequest {
            application,
            channel: Channel::Email,
            address: email.key().to_owned(),
            recipient: email.mailbox(),
            digits: DIGITS,
            valid_for: VALID_FOR,
            // The owner of a registered address is told so in the mailbox; whoever asks sees no difference.
            message: CodeMessage::discreet(is_taken),
            locale: application
                .rules
                .messages
                .locale_for(context.language)
                .to_owned(),
        },
        context,
    )
    .await?;
    Ok(())
}

impl CodeBody {
    /// Reads a body. The first fault is reported: JSON, then the fields in their order.
    fn parse(body: &[u8]) -> Result<Self, Error> {
        let body = Object::parse(body)?;
        let email = body.required_text("email")?;
        Ok(Self {
            email: EmailAddress::parse(&email).map_err(|problem| body.fault("email", problem))?,
            platform: Platform::read(&body)?
                .ok_or_else(|| body.fault("platform", "is required"))?,
            r#type: match body.required_text("type")?.as_str() {
                "sign_up_email" => CodeType::SignUpEmail,
                "login_email" => CodeType::LoginEmail,
                _ => return Err(body.fault("type", "must be sign_up_email or login_email")),
            },
        })
    }
}
