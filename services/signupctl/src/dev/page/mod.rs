//! The development pages, beside the console: where everything is, the inbox, the newest events.

mod html;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web;
use serde::Serialize;
use signup_app::App;
use signup_console::Beside;
use signup_core::code::Channel;
use signup_core::reply::Reply;
use signup_http::{Fault, resource, to};
use signup_notify::{Inbox, Message, MessageKind};

const HTML: &str = "text/html; charset=utf-8";

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

/// Where the index is. The other paths are those that scripts know.
pub const INDEX: &str = "/dev";
/// Where the inbox is.
pub const INBOX: &str = "/inbox";

/// Registers the pages beside those of the console, for everybody: on a machine of one's own they show what people would
/// get.
pub fn routes(page: Page) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    let page = web::Data::new(page);
    let beside = web::Data::new(Beside(vec![("Development", INDEX), ("Inbox", INBOX)]));
    move |config| {
        config
            .app_data(page.clone())
            .app_data(beside.clone())
            .service(resource(INDEX, [(Method::GET, to(index))]))
            .service(resource(INBOX, [(Method::GET, to(inbox))]))
            .service(resource("/inbox.json", [(Method::GET, to(inbox_json))]))
            .service(resource("/events.json", [(Method::GET, to(events_json))]))
            .service(resource("/style.css", [(Method::GET, to(style))]))
            .service(resource("/inbox.js", [(Method::GET, to(script))]));
    }
}

/// A page may hold codes: nothing from elsewhere may run in it or embed it. The edge sees to it that nobody keeps it.
fn answer(media_type: &str, text: String) -> Reply {
    Reply::text(media_type, 200, text)
        .with_header(
            "content-security-policy",
            "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        )
        .with_header("referrer-policy", "no-referrer")
}

async fn index(page: web::Data<Page>) -> Reply {
    answer(HTML, html::index(&page))
}

async fn inbox(page: web::Data<Page>) -> Reply {
    answer(HTML, html::inbox(&page.inbox.newest_first()))
}

async fn style() -> Reply {
    let text = include_str!("style.css").to_owned();
    answer("text/css; charset=utf-8", text)
}

async fn script() -> Reply {
    let text = include_str!("inbox.js").to_owned();
    answer("text/javascript; charset=utf-8", text)
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

async fn inbox_json(page: web::Data<Page>) -> Reply {
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

async fn events_json(page: web::Data<Page>) -> Result<Reply, Fault> {
    let envelopes = page.app.store.recent_envelopes(EVENTS).await?;
    Ok(json_lines(envelopes.into_iter()))
}

/// An array with one element per line, so that scripts can pick elements with grep alone.
fn json_lines(elements: impl Iterator<Item = String>) -> Reply {
    let elements: Vec<String> = elements.collect();
    answer("application/json", format!("[{}]\n", elements.join(",\n")))
}
