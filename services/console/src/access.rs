//! The door: who may open which page.

use actix_web::http::Method;
use actix_web::{HttpRequest, Route, web};
use signup_app::App;
use signup_core::operator::Role;
use signup_core::reply::Reply;
use signup_http::{Body, Context, to};
use url::form_urlencoded;

use crate::refusal::Refusal;
use crate::visit::{Visit, Visitor};
use crate::{headers, layout, session};

/// The field of forms that holds the session's token.
pub const TOKEN: &str = "token";

/// The header of requests that `live.js` makes without anybody's doing.
const BY_ITSELF: &str = "x-by-itself";

/// Where one signs in.
pub const SIGN_IN: &str = "/sign-in";

/// A route of the table.
pub struct Entry {
    /// The path's pattern.
    pub path: &'static str,
    /// The method.
    pub method: Method,
    /// What answers.
    pub route: Route,
}

/// A page for operators with this role, or one that may more.
pub fn get<P, W>(path: &'static str, role: Role, page: P) -> Entry
where
    P: Fn(Visit) -> W + Clone + 'static,
    W: Future<Output = Result<Reply, Refusal>> + 'static,
{
    guarded(Method::GET, path, role, page)
}

/// What a form is sent to, by operators with this role, or one that may more.
pub fn post<P, W>(path: &'static str, role: Role, page: P) -> Entry
where
    P: Fn(Visit) -> W + Clone + 'static,
    W: Future<Output = Result<Reply, Refusal>> + 'static,
{
    guarded(Method::POST, path, role, page)
}

/// A page for everybody, with a form of its own that is sent to the same path.
pub fn open<P, W>(method: Method, path: &'static str, page: P) -> Entry
where
    P: Fn(Visitor) -> W + Clone + 'static,
    W: Future<Output = Result<Reply, Refusal>> + 'static,
{
    let is_form = method == Method::POST;
    let handler = move |app: web::Data<App>, context: Context, request: HttpRequest, body: Body| {
        let page = page.clone();
        async move {
            let visitor = Visitor::new(app, context.0, request, &body);
            let shown = layout::Shown::of(&visitor);
            if let Err(refusal) = look_at(&visitor, is_form) {
                return shown.refusal(None, &refusal);
            }
            match page(visitor).await {
                Ok(reply) => reply,
                Err(refusal) => shown.refusal(None, &refusal),
            }
        }
    };
    Entry {
        path,
        method,
        route: to(handler),
    }
}

fn guarded<P, W>(method: Method, path: &'static str, role: Role, page: P) -> Entry
where
    P: Fn(Visit) -> W + Clone + 'static,
    W: Future<Output = Result<Reply, Refusal>> + 'static,
{
    let is_form = method == Method::POST;
    let handler = move |app: web::Data<App>, context: Context, request: HttpRequest, body: Body| {
        let page = page.clone();
        async move {
            let visitor = Visitor::new(app, context.0, request, &body);
            let shown = layout::Shown::of(&visitor);
            let visit = match enter(visitor, is_form).await {
                Ok(visit) => visit,
                Err(Stopped::AtTheDoor(reply)) => return reply,
                Err(Stopped::Refused(refusal)) => return shown.refusal(None, &refusal),
            };
            let reader = layout::Reader::of(&visit);
            let refused = |refusal: &Refusal| shown.refusal(Some(&reader), refusal);
            if visit.operator.role < role {
                return refused(&Refusal::Forbidden);
            }
            match page(visit).await {
                Ok(reply) => reply,
                Err(refusal) => refused(&refusal),
            }
        }
    };
    Entry {
        path,
        method,
        route: to(handler),
    }
}

/// What is refused from everybody, before anything is asked of the database.
fn look_at(visitor: &Visitor, is_form: bool) -> Result<(), Refusal> {
    if visitor.holds_nul() {
        return Err(Refusal::NotFound);
    }
    if is_form && !session::is_own_form(visitor.request()) {
        return Err(Refusal::ForeignForm);
    }
    Ok(())
}

enum Stopped {
    AtTheDoor(Reply),
    Refused(Refusal),
}

/// Finds out who it is. A form must come from a page of the same session.
async fn enter(visitor: Visitor, is_form: bool) -> Result<Visit, Stopped> {
    let refused = |refusal: Refusal| Stopped::Refused(refusal);
    look_at(&visitor, is_form).map_err(refused)?;
    let found = find_session(&visitor).await.map_err(refused)?;
    let Some((token, operator, session)) = found else {
        return Err(Stopped::AtTheDoor(to_sign_in(&visitor, is_form)));
    };
    let form_token = session::form_token(&token);
    if is_form && !session::are_equal(visitor.form.get(TOKEN), &form_token) {
        return Err(refused(Refusal::ForeignForm));
    }
    Ok(Visit {
        visitor,
        operator,
        session,
        form_token,
    })
}

/// The session of the browser's cookie, if it holds: its token, whose it is, and itself.
pub async fn find_session(
    visitor: &Visitor,
) -> Result<
    Option<(
        String,
        signup_store::Operator,
        signup_store::OperatorSession,
    )>,
    Refusal,
> {
    let Some(token) = &visitor.cookie else {
        return Ok(None);
    };
    let idle = visitor.app.settings.console.session_idle;
    // A page that loads itself again says nothing about whether anybody is still there.
    let is_used = !visitor.request().headers().contains_key(BY_ITSELF);
    let found = visitor
        .app
        .store
        .find_operator_session(&session::hash(token), visitor.now(), idle, is_used)
        .await?;
    Ok(found.map(|(operator, session)| (token.clone(), operator, session)))
}

/// Whoever was looking at a page comes back to it; a form that was sent is not sent again by itself.
fn to_sign_in(visitor: &Visitor, is_form: bool) -> Reply {
    let location = visitor.location();
    if is_form || location == "/" {
        return headers::to(SIGN_IN);
    }
    let next: String = form_urlencoded::byte_serialize(location.as_bytes()).collect();
    headers::to(&format!("{SIGN_IN}?next={next}"))
}
