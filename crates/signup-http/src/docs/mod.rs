//! The API's description: `/openapi.json`, and `/docs` for people.
//!
//! The page is made on the server from the OpenAPI document. It holds no scripts and asks no other host for anything,
//! so it works where the service runs without the internet.

mod document;
mod html;
mod page;
mod sample;

use std::sync::OnceLock;

use actix_web::http::Method;
use actix_web::web;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use signup_core::reply::Reply;
use utoipa::openapi::OpenApi;

use crate::{Provider, resource, to};

const STYLE: &str = include_str!("style.css");

/// The documents of one provider. They are made when somebody asks for them first: most processes are never asked, and
/// would hold more memory for them than for all else.
pub(crate) struct Pages {
    describe: fn() -> OpenApi,
    made: OnceLock<Made>,
}

struct Made {
    openapi: Reply,
    docs: Reply,
}

impl Pages {
    /// None for a process without an API, which has nothing to describe.
    pub(crate) fn of(provider: &Provider) -> Option<Self> {
        let describe = provider.openapi?;
        let made = OnceLock::new();
        Some(Self { describe, made })
    }

    fn made(&self) -> &Made {
        self.made.get_or_init(|| {
            // OpenAPI documents hold nothing that JSON cannot express.
            let document = serde_json::to_value((self.describe)()).unwrap_or_default();
            Made {
                openapi: cacheable(Reply::json(200, &document)),
                docs: page(&document),
            }
        })
    }
}

/// The pages' routes.
pub(crate) fn routes(pages: Option<web::Data<Pages>>) -> impl FnOnce(&mut web::ServiceConfig) {
    |config| {
        if let Some(pages) = pages {
            config
                .app_data(pages)
                .service(resource("/openapi.json", [(Method::GET, to(openapi))]))
                .service(resource("/docs", [(Method::GET, to(docs))]));
        }
    }
}

async fn openapi(pages: web::Data<Pages>) -> Reply {
    pages.made().openapi.clone()
}

async fn docs(pages: web::Data<Pages>) -> Reply {
    pages.made().docs.clone()
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
