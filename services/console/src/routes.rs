//! Every page, and who may open it.

use actix_web::http::Method;
use actix_web::{Route, web};
use signup_core::operator::Role;
use signup_http::resource;

use crate::access::{Entry, get, open, post};
use crate::pages::{
    account, applications, assets, audit, dead_letters, events, funnel, language, limits, missing,
    overview, sign_in, users, webhooks,
};

/// The table.
#[rustfmt::skip]
fn table() -> Vec<Entry> {
    vec![
        open(Method::GET, "/assets/{name}", assets::show),
        open(Method::GET, "/sign-in", sign_in::show),
        open(Method::POST, "/sign-in", sign_in::submit),
        open(Method::POST, "/language", language::submit),

        get("/", Role::Read, overview::show),
        post("/sign-out", Role::Read, sign_in::sign_out),
        get("/account", Role::Read, account::show),
        post("/account/password", Role::Read, account::change_password),
        post("/account/sign-out-everywhere", Role::Read, account::sign_out_everywhere),

        get("/applications", Role::Read, applications::list),
        get("/applications/{provider}/{id}", Role::Read, applications::show::show),
        get("/applications/{provider}/{id}/settings", Role::Admin, applications::edit::show),
        post("/applications/{provider}/{id}/settings", Role::Admin, applications::edit::submit),
        get("/applications/{provider}/{id}/declaration", Role::Admin, applications::file::show),
        post("/applications/{provider}/{id}/declaration", Role::Admin, applications::file::submit),
        post("/applications/{provider}/{id}/credentials", Role::Admin, applications::credentials::create),
        post("/applications/{provider}/{id}/credentials/revoke", Role::Admin, applications::credentials::revoke),
        get("/new-application", Role::Admin, applications::file::show_new),
        post("/new-application", Role::Admin, applications::file::submit_new),

        get("/webhooks", Role::Read, webhooks::list),
        get("/webhooks/{id}", Role::Read, webhooks::show),
        get("/new-webhook", Role::Admin, webhooks::create::show),
        post("/new-webhook", Role::Admin, webhooks::create::submit),
        post("/webhooks/{id}/pause", Role::Admin, webhooks::change::pause),
        post("/webhooks/{id}/resume", Role::Admin, webhooks::change::resume),
        post("/webhooks/{id}/secret", Role::Admin, webhooks::change::rotate),
        post("/webhooks/{id}/delete", Role::Admin, webhooks::change::delete),
        post("/webhooks/{id}/replay", Role::Support, webhooks::replay),

        get("/dead-letters", Role::Read, dead_letters::list),
        post("/dead-letters/redrive", Role::Support, dead_letters::redrive),
        get("/dead-letters/{id}", Role::Read, dead_letters::show),
        post("/dead-letters/{id}", Role::Support, dead_letters::reveal),
        post("/dead-letters/{id}/discard", Role::Admin, dead_letters::discard),

        get("/limits", Role::Read, limits::show),

        get("/funnel", Role::Read, funnel::show),
        get("/events", Role::Read, events::show),

        get("/users", Role::Read, users::search::show),
        post("/users", Role::Read, users::search::submit),
        get("/users/{provider}/{id}", Role::Read, users::show::masked),
        post("/users/{provider}/{id}", Role::Support, users::show::in_full),
        post("/users/{provider}/{id}/export", Role::Support, users::export::submit),
        get("/users/{provider}/{id}/erase", Role::Admin, users::erase::show),
        post("/users/{provider}/{id}/erase", Role::Admin, users::erase::submit),

        get("/audit", Role::Admin, audit::show),
    ]
}

/// Registers every page. A path that no page has gets a page that says so, once somebody is signed in: which paths there are is
/// nobody else's affair.
pub fn register(config: &mut web::ServiceConfig) {
    let mut paths: Vec<(&'static str, Vec<(Method, Route)>)> = Vec::new();
    for entry in table() {
        match paths.iter_mut().find(|(path, _)| *path == entry.path) {
            Some((_, routes)) => routes.push((entry.method, entry.route)),
            None => paths.push((entry.path, vec![(entry.method, entry.route)])),
        }
    }
    for (path, routes) in paths {
        config.service(resource(path, routes));
    }
    let missing = get("/{path:.*}", Role::Read, missing::show);
    config.service(resource(missing.path, [(missing.method, missing.route)]));
}
