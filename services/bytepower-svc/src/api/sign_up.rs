//! Signing up: by an app's own server, and straight from an app.

use actix_web::{HttpRequest, web};
use signup_app::{App, SignUp, VerifiedCode, trace};
use signup_core::code::Channel;
use signup_core::context::RequestContext;
use signup_core::identifier::{EmailAddress, Identifier, IdentifierKind};
use signup_core::password::Password;
use signup_core::reply::Reply;
use signup_core::sign_up::IdempotencyClaim;
use signup_core::user::TakenIdentifier;
use signup_http::{Body, Context, idempotent};

use super::require_json;
use super::sign_up_body::{EmailPassword, Form, NamePassword, SignUpBody};
use super::user_reply::{self, UserReply};
use crate::auth::{Caller, InService, by_signature, by_token};
use crate::error::Error;
use crate::{uid, version};

/// Signs a user up, asked by the app's own server. 用户注册
#[utoipa::path(
    post,
    path = "/bp/server/user/signup",
    tag = "Sign-up",
    operation_id = "signUpByServer",
    request_body(content = SignUpBody, content_type = "application/json"),
    responses((status = 200, description = "The user exists now. 注册成功。 (seed 000)", body = UserReply)),
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

/// Signs a user up, asked by the app itself. 客户端注册
#[utoipa::path(
    post,
    path = "/bp/user/signup",
    tag = "Sign-up",
    operation_id = "signUpByClient",
    request_body(content = SignUpBody, content_type = "application/json"),
    responses((status = 200, description = "The user exists now. 注册成功。 (vendor)", body = UserReply)),
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

async fn answer(
    app: &App,
    caller: Result<Caller, Error>,
    context: &Context,
    request: &HttpRequest,
    body: &[u8],
) -> Reply {
    let admitted = caller.and_then(|caller| admit(app, caller, context, request));
    let in_service = match admitted {
        Ok(in_service) => in_service,
        Err(error) => return error.reply(),
    };
    let application = &in_service.application;
    idempotent(app, application, context, request, body, async |claim| {
        sign_up(app, &in_service, context, body, claim)
            .await
            .unwrap_or_else(|error| error.reply())
    })
    .await
    .unwrap_or_else(|fault| Error::from(fault).reply())
}

/// What is checked before the body is looked at.
fn admit(
    app: &App,
    caller: Caller,
    context: &Context,
    request: &HttpRequest,
) -> Result<InService, Error> {
    let in_service = caller.in_service().ok_or(Error::ConfigInvalid)?;
    app.count_attempt(&in_service.application, context)
        .map_err(|retry_after| Error::RateLimited { retry_after })?;
    require_json(request)?;
    Ok(in_service)
}

async fn sign_up(
    app: &App,
    in_service: &InService,
    context: &Context,
    body: &[u8],
    claim: Option<IdempotencyClaim>,
) -> Result<Reply, Error> {
    let InService {
        application,
        settings,
    } = in_service;
    let body = SignUpBody::parse(body, settings.verification)?;
    let profile = body.profile();
    let password_field = body.form.password_field();
    let cuid = body.attribution.cuid;
    let (identifier, password, codes) = match body.form {
        Form::Name { name_password } => {
            let NamePassword { name, password } = name_password;
            let name = Identifier::from(name);
            trace::about(name.kind(), name.key());
            check_password(in_service, password_field, &password, &name)?;
            (name, password, Vec::new())
        }
        Form::Email { email_password } => {
            let EmailPassword {
                email, password, ..
            } = email_password;
            trace::about(IdentifierKind::Email, email.key());
            // Nobody could ever get a code.
            if settings.verification && !application.rules.messages.email {
                return Err(Error::ConfigInvalid);
            }
            check_password(in_service, password_field, &password, &email.clone().into())?;
            let codes = if settings.verification {
                let code = email_password.verify_code.unwrap_or_default();
                vec![check_code(app, in_service, &email, &code, context).await?]
            } else {
                Vec::new()
            };
            (email.into(), password, codes)
        }
    };
    let sign_up = SignUp {
        application,
        identifiers: vec![TakenIdentifier {
            identifier,
            verified: !codes.is_empty(),
        }],
        password: Some(password),
        codes,
        profile,
        public_id: uid::random,
        claim,
        reply: &|user| user_reply::reply(user, cuid.as_deref(), settings.response_edition),
    };
    Ok(app.sign_up(sign_up, context).await?)
}

fn check_password(
    in_service: &InService,
    field: &'static str,
    password: &Password,
    identifier: &Identifier,
) -> Result<(), Error> {
    in_service
        .application
        .rules
        .password
        .check(password, &[identifier.key(), identifier.display()])
        .map_err(|problem| Error::InvalidPassword { field, problem })
}

/// The code is looked at before anybody learns that the address is taken: only its owner may.
async fn check_code(
    app: &App,
    in_service: &InService,
    email: &EmailAddress,
    code: &str,
    context: &RequestContext,
) -> Result<VerifiedCode, Error> {
    if code.is_empty() {
        // Not a try, so it does not use one up.
        return Err(Error::InvalidVerifyCode);
    }
    let application = &in_service.application;
    let challenge = app
        .find_challenge(application, Channel::Email, email.key(), context)
        .await?;
    Ok(app.check_code(&challenge, code, context).await?)
}
