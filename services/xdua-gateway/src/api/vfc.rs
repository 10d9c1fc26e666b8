//! `POST /vfc`: has a code sent to a phone number or an e-mail address.

use std::time::Duration;

use actix_web::{HttpRequest, web};
use signup_app::{App, CodeMessage, CodeRequest};
use signup_core::code::Channel;
use signup_core::context::RequestContext;
use signup_core::reply::Reply;
use signup_http::{Body, Context, idempotent};

use super::parameters::Parameters;
use super::ustr;
use super::version;
use crate::auth::{Caller, Shop, authenticate};
use crate::envelope::{self, Success};
use crate::error::{Error, Problem};
use crate::openapi::fields::CodeFields;
use crate::public_id;

/// Length of a code (vendor).
const DIGITS: u8 = 6;

/// How long a code is good for (vendor).
const VALID_FOR: Duration = Duration::from_secs(10 * 60);

/// The vendor's templates for registrations.
const TEMPLATES: [(&str, Channel); 2] = [
    ("SMS_25335288", Channel::Sms),
    ("DMS_VFC4USEREG", Channel::Email),
];

/// Has a code of 6 digits sent. 发送验证码
///
/// The code is good for 10 minutes, for one sign-up with this address, and until another one is asked for (vendor). An
/// address that is registered already gets a note instead; the reply is the same (our choice).
///
/// 验证码为 6 位数字，10 分钟内有效，重新获取后旧码失效。
#[utoipa::path(
    post,
    path = "/vfc",
    tag = "Codes",
    operation_id = "vfc",
    params(CodeFields),
    request_body(
        description = "The same fields, if they are not in the query. A body without a known `Content-Type` is refused.",
        content(
            (CodeFields = "application/x-www-form-urlencoded"),
            (CodeFields = "application/json"),
        ),
    ),
    responses((status = 200, description = "The code is on its way (vendor); or a business failure, see `code`. 验证码已发送", body = Success)),
    security(("token" = [])),
)]
pub(crate) async fn post(
    app: web::Data<App>,
    context: Context,
    request: HttpRequest,
    body: Body,
) -> Reply {
    handle(&app, &context, &request, &body)
        .await
        .unwrap_or_else(|error| error.reply(&context))
}

async fn handle(
    app: &App,
    context: &Context,
    request: &HttpRequest,
    body: &[u8],
) -> Result<Reply, Error> {
    let caller = authenticate(app, request)?;
    version::check(request)?;
    let parameters = Parameters::read(request, body)?;
    let shop = match parameters.text("shop")? {
        Some(id) => caller.shop(app, id)?,
        None => caller.home_shop(app)?,
    };
    // Nothing is written together with the code's request that the claim could be settled in.
    let send = async |_| {
        send(app, context, &caller, &shop, &parameters)
            .await
            .unwrap_or_else(|error| error.reply(context))
    };
    Ok(idempotent(app, &shop.application, context, request, body, send).await?)
}

async fn send(
    app: &App,
    context: &RequestContext,
    caller: &Caller,
    shop: &Shop,
    parameters: &Parameters,
) -> Result<Reply, Error> {
    if caller.user().is_some() {
        return Err(Error::ActionNotAllowed);
    }
    let channel = channel(shop, parameters.required("tmpl")?)?;
    let address = ustr::parse("vfaddr", parameters.required("vfaddr")?, channel)?;
    let (kind, key) = (address.identifier.kind(), address.identifier.key());
    let is_taken = app.is_taken(&shop.application, kind, key, context).await?;
    let request = CodeRequest {
        application: &shop.application,
        channel,
        digits: DIGITS,
        valid_for: VALID_FOR,
        // Only its owner learns that an address is taken.
        message: CodeMessage::discreet(is_taken),
        locale: shop
            .application
            .rules
            .messages
            .locale_for(context.language)
            .to_owned(),
        address: address.identifier.key().to_owned(),
        recipient: address.identifier.recipient(),
    };
    app.send_code(request, context).await?;
    Ok(envelope::success(context, &public_id::random()))
}

/// The channel that a template stands for, if the shop sends this way.
fn channel(shop: &Shop, template: &str) -> Result<Channel, Error> {
    let known = TEMPLATES.iter().find(|(name, _)| *name == template);
    let channel = shop
        .settings
        .templates
        .get(template)
        .or(known.map(|(_, channel)| channel));
    let messages = &shop.application.rules.messages;
    channel
        .copied()
        .filter(|channel| match channel {
            Channel::Sms => messages.sms,
            Channel::Email => messages.email,
        })
        .ok_or_else(|| Error::invalid("tmpl", Problem::Template))
}
