//! The development page: where everything is, the inbox, the newest events.

mod html;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;
use actix_web::{App as ActixApp, HttpResponse, HttpServer, Route, guard, web};
use serde::Serialize;
use signup_app::App;
use signup_app::shutdown::Shutdown;
use signup_core::code::Channel;
use signup_notify::{Inbox, Message, MessageKind};

/// Events that `/events.json` shows at the most.
const EVENTS: u32 = 200;

/// What the page shows.
pub struct Page {
    /// The messages.
    pub inbox: Inbox,
    /// The application, for its events.
    pub app: Arc<App>,
    /// Name and URL of each API.
    pub apis: Vec<(&'static str, String)>,
    /// The path of the demo's credentials.
    pub demo_env: String,
}

/// Serves the page until the shutdown.
///
/// # Errors
/// The listener cannot be used.
pub async fn serve(page: Page, listener: TcpListener, shutdown: Shutdown) -> io::Result<()> {
    let page = web::Data::new(page);
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(page.clone())
            .wrap(headers())
            .route("/", read().to(index))
            .route("/inbox", read().to(inbox))
            .route("/inbox.json", read().to(inbox_json))
            .route("/events.json", read().to(events_json))
            .route(
                "/style.css",
                read().to(async || asset("text/css", include_str!("style.css"))),
            )
            .route(
                "/inbox.js",
                read().to(async || asset("text/javascript", include_str!("inbox.js"))),
            )
            .default_service(web::to(async || {
                HttpResponse::NotFound()
                    .content_type("text/plain")
                    .body("There is no such page; start at /\n")
            }))
    })
    .workers(1)
    .shutdown_timeout(1)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    let stop = async {
        shutdown.wait().await;
        handle.stop(true).await;
    };
    tokio::join!(server, stop).0
}

/// `GET`, and `HEAD` for the same without the body.
fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// The page holds codes: nothing from elsewhere may run in it, embed it or keep it.
fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "no-referrer"))
        .add((header::CACHE_CONTROL, "no-store"))
}

async fn index(page: web::Data<Page>) -> HttpResponse {
    html_response(html::index(&page))
}

async fn inbox(page: web::Data<Page>) -> HttpResponse {
    html_response(html::inbox(&page.inbox.newest_first()))
}

fn html_response(html: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(html)
}

fn asset(media_type: &str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(format!("{media_type}; charset=utf-8"))
        .body(text)
}

/// A message in `/inbox.json`.
#[derive(Serialize)]
struct Entry<'a> {
    channel: Channel,
    address: &'a str,
    provider: &'a str,
    application: &'a str,
    kind: MessageKind,
    code: Option<&'a str>,
    time: String,
    subject: Option<&'a str>,
    text: &'a str,
    event: &'a str,
}

async fn inbox_json(page: web::Data<Page>) -> HttpResponse {
    let messages = page.inbox.newest_first();
    json_lines(
        messages
            .iter()
            .filter_map(|message| serde_json::to_string(&entry(message)).ok()),
    )
}

fn entry(message: &Message) -> Entry<'_> {
    Entry {
        channel: message.channel,
        address: &message.address,
        provider: &message.provider,
        application: &message.application,
        kind: message.kind,
        code: message.code.as_deref(),
        time: message.time.to_string(),
        subject: message.subject.as_deref(),
        text: &message.text,
        event: &message.event_id,
    }
}

async fn events_json(page: web::Data<Page>) -> HttpResponse {
    match page.app.store.recent_envelopes(EVENTS).await {
        Ok(envelopes) => json_lines(envelopes.into_iter()),
        Err(error) => {
            log::warn!(event = "dev.no_events"; "events cannot be shown: {error}");
            HttpResponse::ServiceUnavailable()
                .content_type("application/json")
                .body("{\"error\":\"the database is unavailable\"}\n")
        }
    }
}

/// An array with one element per line, so that scripts can pick elements with grep alone.
fn json_lines(elements: impl Iterator<Item = String>) -> HttpResponse {
    let elements: Vec<String> = elements.collect();
    HttpResponse::Ok()
        .content_type("application/json")
        .body(format!("[{}]\n", elements.join(",\n")))
}
