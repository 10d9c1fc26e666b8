//! `POST /user`: people sign up, administrators add users.

use actix_web::{HttpRequest, web};
use signup_app::{App, CheckCodeError, SignUp, VerifiedCode, by};
use signup_core::code::Challenge;
use signup_core::context::RequestContext;
use signup_core::reply::Reply;
use signup_core::sign_up::IdempotencyClaim;
use signup_core::user::TakenIdentifier;
use signup_http::{Body, Context, Fault, idempotent};

use super::parameters::Parameters;
use super::ustr::Address;
use super::{profile, ustr, version};
use crate::auth::{Caller, Shop, authenticate};
use crate::envelope::{self, Success};
use crate::error::{Error, Problem};
use crate::openapi::fields::UserFields;
use crate::pwd::Pwd;
use crate::settings::{CodePolicy, NO_ROLE, is_short_id};
use crate::{NAME, public_id};

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    SignUp,
    AddUser,
}

/// Signs a user up, or adds one. 用户注册、添加用户
///
/// The fields can stand in the query with an empty body (vendor: browser SDK), in a form (vendor: PHP SDK) or in JSON
/// (vendor: apps). Of a field in query and body the body's counts, but of `action` the query's; an empty text means "not
/// given" (our choice).
///
/// `signup` takes an app token, `adduser` the token of a user with a role that may add users (vendor).
///
/// 参数可放在查询串（请求体为空）、表单或 JSON 中；同名参数以请求体为准，但 `action` 以查询串为准；空字符串视为未填写。
#[utoipa::path(
    post,
    path = "/user",
    tag = "Sign-up",
    operation_id = "user",
    params(UserFields),
    request_body(
        description = "The same fields, if they are not in the query. A body without a known `Content-Type` is refused.",
        content(
            (UserFields = "application/x-www-form-urlencoded"),
            (UserFields = "application/json"),
        ),
    ),
    responses((status = 200, description = "The user exists now (seed 001); or a business failure, see `code`. 注册成功", body = Success)),
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
    let shop = caller.shop(app, shop_id(&parameters)?)?;
    app.count_attempt(&shop.application, context)
        .map_err(|retry_after| Fault::RateLimited { retry_after })?;
    let create = async |claim| {
        create(app, context, &caller, &shop, &parameters, claim)
            .await
            .unwrap_or_else(|error| error.reply(context))
    };
    Ok(idempotent(app, &shop.application, context, request, body, create).await?)
}

/// `shop`, or `ugrp` as it was called before (vendor).
fn shop_id(parameters: &Parameters) -> Result<&str, Error> {
    let id = match parameters.text("shop")? {
        Some(id) => id,
        None => parameters
            .text("ugrp")?
            .ok_or_else(|| Error::invalid("shop", Problem::Missing))?,
    };
    is_short_id(id)
        .then_some(id)
        .ok_or_else(|| Error::invalid("shop", Problem::NotAShortId))
}

async fn create(
    app: &App,
    context: &RequestContext,
    caller: &Caller,
    shop: &Shop,
    parameters: &Parameters,
    claim: Option<IdempotencyClaim>,
) -> Result<Reply, Error> {
    let action = permitted_action(app, caller, shop, parameters, context).await?;
    let address = ustr::read(parameters)?;
    let pwd = Pwd::parse(parameters.required("pwd")?)
        .ok_or_else(|| Error::invalid("pwd", Problem::NotMd5))?;
    let role = role(shop, action, parameters)?;
    let profile = profile::read(parameters, shop, &address, role)?;
    if shop.application.rules.password.deny_common && pwd.is_common() {
        return Err(Error::WeakPassword);
    }
    let vfcode = parameters.text("vfcode")?;
    if vfcode.is_none() && action == Action::SignUp && shop.settings.vfcode == CodePolicy::Required
    {
        return Err(Error::VfcodeRequired);
    }
    // Everything else was checked before, so that a mistake elsewhere does not cost a try.
    let code = match vfcode {
        Some(vfcode) => Some(check_code(app, caller, shop, &address, vfcode, context).await?),
        None => None,
    };
    let sign_up = SignUp {
        application: &shop.application,
        identifiers: vec![TakenIdentifier {
            identifier: address.identifier,
            verified: code.is_some(),
        }],
        password: pwd.into_password(),
        codes: code.into_iter().collect(),
        profile,
        public_id: public_id::random,
        claim,
        reply: &|user| envelope::success(context, &user.public_id),
    };
    Ok(app.sign_up(sign_up, context).await?)
}

/// `signup` is for apps, `adduser` for users whose role lets them add others.
async fn permitted_action(
    app: &App,
    caller: &Caller,
    shop: &Shop,
    parameters: &Parameters,
    context: &RequestContext,
) -> Result<Action, Error> {
    match (parameters.required("action")?, caller.user()) {
        ("signup", None) => Ok(Action::SignUp),
        ("adduser", Some(user)) if may_add_users(app, shop, user, context).await? => {
            Ok(Action::AddUser)
        }
        ("signup" | "adduser", _) => Err(Error::ActionNotAllowed),
        _ => Err(Error::invalid(
            "action",
            Problem::NotOneOf(&["signup", "adduser"]),
        )),
    }
}

/// Asks the database: a role may have been taken away since the token was issued.
async fn may_add_users(
    app: &App,
    shop: &Shop,
    user: &str,
    context: &RequestContext,
) -> Result<bool, Error> {
    if !is_short_id(user) {
        return Ok(false);
    }
    let found = by(context.deadline, app.store.find_user(NAME, user))
        .await
        .map_err(Fault::from)?;
    // Roles are declared by the shop, so those of another one mean nothing here, even if both share a directory.
    let own = found.filter(|user| user.application == shop.application.id);
    let role = own.as_ref().and_then(|user| user.profile.get("role"));
    let role = role.and_then(serde_json::Value::as_str);
    Ok(role.is_some_and(|role| shop.settings.add_user_roles.iter().any(|may| may == role)))
}

fn role<'a>(shop: &Shop, action: Action, parameters: &'a Parameters) -> Result<&'a str, Error> {
    let role = parameters.text("role")?.unwrap_or(NO_ROLE);
    let allowed = match action {
        Action::SignUp => shop
            .settings
            .self_service_roles
            .iter()
            .any(|may| may == role),
        Action::AddUser => shop.settings.has_role(role),
    };
    allowed.then_some(role).ok_or(Error::RoleNotAllowed)
}

/// The code goes with the address. One that was asked for without naming a shop belongs to the app's home shop; of two
/// codes that are alive the newer one counts.
async fn check_code(
    app: &App,
    caller: &Caller,
    shop: &Shop,
    address: &Address,
    vfcode: &str,
    context: &RequestContext,
) -> Result<VerifiedCode, Error> {
    let (channel, key) = (address.channel, address.identifier.key());
    let home = caller.home_shop(app)?;
    let mut newest: Option<Challenge> = None;
    for application in [&shop.application, &home.application] {
        match app.find_challenge(application, channel, key, context).await {
            Ok(found) if newest.as_ref().is_none_or(|other| other.id < found.id) => {
                newest = Some(found);
            }
            Ok(_) | Err(CheckCodeError::Wrong) => {}
            Err(CheckCodeError::StoreUnavailable) => return Err(Fault::StoreUnavailable.into()),
        }
    }
    let challenge = newest.ok_or(CheckCodeError::Wrong)?;
    Ok(app.check_code(&challenge, vfcode, context).await?)
}
