//! `POST /signup`.

use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use signup_app::{App, SignUp, VerifiedCode};
use signup_core::context::RequestContext;
use signup_core::reply::Reply;
use signup_core::sign_up::IdempotencyClaim;
use signup_core::user::NewUser as CreatedUser;
use signup_http::{Body, Context, Fault, idempotent};
use utoipa::ToSchema;
use uuid::Uuid;

use super::json;
use super::new_user::{NewUser, OtpProof};
use crate::auth::Client;
use crate::error::ApiError;
use crate::settings::ApplicationKind;

/// What a user signs up with. Which members must be there, and which may, is the application's sign-up flow. A member
/// that is `null` counts as left out.
///
/// 注册信息。哪些字段必填或可填由应用的注册流程决定。
#[derive(Deserialize, ToSchema)]
pub(crate) struct SignUpRequest {
    /// Letters, digits and `_`, starting with a letter (seed document). Two names that differ only in case are the same
    /// (our choice). 用户名。
    #[schema(value_type = Option<String>, max_length = 32, pattern = "^[A-Za-z][A-Za-z0-9_]*$", example = "MOCK_USERNAME")]
    pub(super) username: Option<Value>,
    /// Must meet the application's password policy (seed document); at most 72 bytes, no NUL (our choice). 密码。
    #[schema(value_type = Option<String>, format = Password, max_length = 72, example = "MOCK_PASSWORD")]
    pub(super) password: Option<Value>,
    /// 11 digits of the three mainland carriers (seed document). 手机号。
    #[schema(value_type = Option<String>, pattern = "^1[0-9]{10}$", example = "13612345678")]
    pub(super) phone_number: Option<Value>,
    /// The `otp_token` that `/otp/send` answered for this phone number (seed document).
    #[schema(value_type = Option<String>, example = "MOCK_PHONE_NUMBER_OTP_TOKEN")]
    pub(super) phone_number_otp_token: Option<Value>,
    /// The code that the phone got (seed document). 短信验证码。
    #[schema(value_type = Option<String>, example = "135790")]
    pub(super) phone_number_otp: Option<Value>,
    /// An e-mail address of at most 254 bytes (seed document; the limit is RFC 5321's). 邮箱地址。
    #[schema(value_type = Option<String>, format = "email", max_length = 254, example = "MOCK_USERNAME@example.com")]
    pub(super) email: Option<Value>,
    /// The `otp_token` that `/otp/send` answered for this address (seed document).
    #[schema(value_type = Option<String>, example = "MOCK_EMAIL_OTP_TOKEN")]
    pub(super) email_otp_token: Option<Value>,
    /// The code that the address got (seed document). 邮箱验证码。
    #[schema(value_type = Option<String>, example = "246802")]
    pub(super) email_otp: Option<Value>,
    /// At most 1,024 characters, none of them control characters (our choice). 姓名。
    #[schema(value_type = Option<String>, max_length = 1024, example = "王小明")]
    pub(super) name: Option<Value>,
    /// Like `name`. 昵称。
    #[schema(value_type = Option<String>, max_length = 1024, example = "MOCK_NICKNAME")]
    pub(super) nickname: Option<Value>,
    /// A name of the IANA time zone database (seed document). 时区。
    #[schema(value_type = Option<String>, example = "Asia/Shanghai")]
    pub(super) zoneinfo: Option<Value>,
    /// A BCP 47 language tag (seed document). 语言区域。
    #[schema(value_type = Option<String>, max_length = 35, example = "zh-CN")]
    pub(super) locale: Option<Value>,
    /// Custom attributes of the tenant, by their ids (seed document). 自定义属性。
    #[serde(flatten)]
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    pub(super) custom: Map<String, Value>,
}

/// The user who has just signed up.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignUpResponse<'a> {
    /// The user's id: 32 lower-case hex digits, random (the form is our choice). Treat it as opaque. 用户唯一标识。
    #[schema(example = "5e3c1a7f0b9d4c62a8f1e07d3b6495ca")]
    sub: &'a str,
}

/// Sign a user up 用户注册
///
/// Creates a user in the tenant's directory. Addresses are proven with codes that `/otp/send` had sent. Faults are
/// looked for in this order, and the first one is answered (our choice): client, flow enabled, body, unknown
/// attributes, unconfigured attributes, missing attributes, formats, password, OTP tokens, OTP codes, duplicates. A
/// duplicate uses no code up.
///
/// 创建用户。按上述顺序检查,返回遇到的第一个错误。
#[utoipa::path(
    post,
    path = "/signup",
    tag = "sign-up",
    operation_id = "signUp",
    request_body(content = SignUpRequest, content_type = "application/json", examples(
        ("username" = (summary = "With a user name and a password. 使用用户名和密码注册",
         value = json!({"username": "MOCK_USERNAME", "password": "MOCK_PASSWORD"}))),
        ("email" = (summary = "With an e-mail address, a nickname and a password. 使用邮箱、昵称和密码注册",
         value = json!({"email": "MOCK_USERNAME@example.com", "email_otp_token": "MOCK_EMAIL_OTP_TOKEN",
                        "email_otp": "246802", "password": "MOCK_PASSWORD", "nickname": "MOCK_NICKNAME"}))),
        ("phone" = (summary = "With a phone number, without a password. 使用手机号注册,不设置密码",
         value = json!({"phone_number": "13612345678", "phone_number_otp_token": "MOCK_PHONE_NUMBER_OTP_TOKEN",
                        "phone_number_otp": "135790"}))),
    )),
    params(
        ("Idempotency-Key" = Option<String>, Header, nullable = false, min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "0d9c2f6e-6a1b-4f0e-9c0a-2f4c5f1f7a11",
         description = "1 to 255 visible ASCII characters. A repeated request with the same key and body gets the first reply again, for 24 hours (our choice)."),
        ("X-Request-Id" = Option<String>, Header, nullable = false, example = "order-17",
         description = "Comes back in the reply and stands in logs and events; made up here when it is absent or has other than 1 to 128 visible ASCII characters (our choice).")
    ),
    responses((status = 200, description = "The user exists now.", body = SignUpResponse<'static>, content_type = "application/json",
               headers(("X-Request-Id" = String, description = "The request's id (our choice).")))),
    security(("client" = []))
)]
pub(crate) async fn sign_up(
    app: web::Data<App>,
    context: Context,
    request: HttpRequest,
    body: Body,
) -> Result<Reply, Fault> {
    let client = match Client::admit(&app, &context, &request, ApplicationKind::may_sign_up) {
        Ok(client) => client,
        Err(error) => return Ok(error.reply()),
    };
    idempotent(
        &app,
        &client.application,
        &context,
        &request,
        &body,
        async |claim| {
            create(&app, &client, &context, &request, &body, claim)
                .await
                .unwrap_or_else(|error| error.reply())
        },
    )
    .await
}

async fn create(
    app: &App,
    client: &Client,
    context: &RequestContext,
    request: &HttpRequest,
    body: &[u8],
    claim: Option<IdempotencyClaim>,
) -> Result<Reply, ApiError> {
    if !client.settings.flow.enabled {
        return Err(ApiError::FlowDisabled);
    }
    let user = NewUser::check(json::object(request, body)?, client)?;
    let codes = prove(app, client, &user.proofs, context).await?;
    let sign_up = SignUp {
        application: &client.application,
        identifiers: user.identifiers,
        password: user.password,
        codes,
        profile: user.profile,
        public_id: || Uuid::new_v4().simple().to_string(),
        claim,
        reply: &created,
    };
    Ok(app.sign_up(sign_up, context).await?)
}

/// All tokens are looked at before the first code: a code counts as tried only if every token is good.
async fn prove(
    app: &App,
    client: &Client,
    proofs: &[OtpProof],
    context: &RequestContext,
) -> Result<Vec<VerifiedCode>, ApiError> {
    let mut challenges = Vec::with_capacity(proofs.len());
    for proof in proofs {
        let challenge = proof.token.as_deref().and_then(|token| {
            app.open_challenge_token(token, &client.application, proof.channel, &proof.address)
                .ok()
        });
        challenges.push(challenge.ok_or(ApiError::BadOtpToken(proof.channel))?);
    }
    let mut codes = Vec::with_capacity(proofs.len());
    for (proof, challenge) in proofs.iter().zip(&challenges) {
        let code = proof.code.as_deref();
        let code = code.ok_or(ApiError::BadOtp(proof.channel))?;
        let checked = app.check_code(challenge, code, context).await;
        codes.push(checked.map_err(|error| ApiError::of_checking(error, proof.channel))?);
    }
    Ok(codes)
}

fn created(user: &CreatedUser) -> Reply {
    let sub = &user.public_id;
    Reply::json(200, &SignUpResponse { sub })
}
