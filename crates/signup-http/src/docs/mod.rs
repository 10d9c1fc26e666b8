//! The API's description: `/openapi.json`, and `/docs` for people.
//!
//! The page is made on the server from the OpenAPI document. It holds no scripts and asks no other host for anything,
//! so it works where the service runs without the internet.

mod document;
mod html;
mod page;
mod sample;

use actix_web::http::Method;
use actix_web::web;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use signup_core::reply::Reply;

use crate::{Provider, resource, to};

const STYLE: &str = include_str!("style.css");

/// The documents of one provider, made once.
pub(crate) struct Pages {
    openapi: Reply,
    docs: Reply,
}

impl Pages {
    pub(crate) fn of(provider: &Provider) -> Self {
        // OpenAPI documents hold nothing that JSON cannot express.
        let document = serde_json::to_value((provider.openapi)()).unwrap_or_default();
        Self {
            openapi: cacheable(Reply::json(200, &document)),
            docs: page(&document),
        }
    }
}

/// The pages' routes. A process without an API has nothing to describe.
pub(crate) fn routes(provider: &Provider) -> fn(&mut web::ServiceConfig) {
    if (provider.openapi)().paths.paths.is_empty() {
        |_| {}
    } else {
        described
    }
}

fn described(config: &mut web::ServiceConfig) {
    config
        .service(resource("/openapi.json", [(Method::GET, to(openapi))]))
        .service(resource("/docs", [(Method::GET, to(docs))]));
}

async fn openapi(pages: web::Data<Pages>) -> Reply {
    pages.openapi.clone()
}

async fn docs(pages: web::Data<Pages>) -> Reply {
    pages.docs.clone()
}

fn page(document: &Value) -> Reply {
    // The style is allowed by its digest; everything else is forbidden.
    let style = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let html = page::render(document, STYLE);
    let reply = Reply::text("text/html; charset=utf-8", 200, html);
    cacheable(reply)
        .with_header("content-security-policy", policy)
        .with_header("referrer-policy", "no-referrer")
}

/// Documentation changes with a release only, and holds nothing that belongs to anybody.
fn cacheable(reply: Reply) -> Reply {
    reply.with_header("cache-control", "public, max-age=300")
}
