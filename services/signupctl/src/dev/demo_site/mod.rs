//! A web page of the XDUA demo application: people sign up with the browser SDK. It has a port of its own, so the
//! gateway is another origin, as it is for the web sites of real applications.

use std::io;
use std::net::TcpListener;

use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;
use actix_web::{App as ActixApp, HttpResponse, HttpServer, web};
use serde::Serialize;
use signup_app::shutdown::Shutdown;
use signup_notify::{Inbox, Message};

use super::demo::{XDUA, XDUA_SHOP, XDUA_TABLE};
use super::listeners::Listeners;

/// Messages that the page shows at the most.
const MESSAGES: usize = 5;

const PAGE: &str = include_str!("index.html");

/// Path, media type and text of the files that the page needs.
const ASSETS: [(&str, &str, &str); 4] = [
    ("/site.js", "text/javascript", include_str!("site.js")),
    ("/words.js", "text/javascript", include_str!("words.js")),
    ("/style.css", "text/css", include_str!("style.css")),
    (
        "/lovearth.module.js",
        "text/javascript",
        include_str!("../../../../../sdk/xdua/dist/lovearth.module.js"),
    ),
];

/// What the page works with.
pub struct DemoSite {
    /// The messages that people would get.
    pub inbox: Inbox,
    /// The XDUA gateway.
    pub gateway_url: String,
    /// The console, beside which the inbox is.
    pub console_url: String,
    /// The token of the demo application.
    pub app_token: String,
}

impl DemoSite {
    /// A site beside these listeners.
    ///
    /// # Errors
    /// The system does not tell a port.
    pub fn new(inbox: Inbox, listeners: &Listeners, app_token: String) -> io::Result<Self> {
        let mut apis = listeners.api_urls()?.into_iter();
        let (_, gateway_url) = apis
            .find(|(name, _)| *name == XDUA)
            .ok_or_else(|| io::Error::other("the XDUA API is not served"))?;
        Ok(Self {
            inbox,
            gateway_url,
            console_url: listeners.console_url()?,
            app_token,
        })
    }
}

/// Serves the page until the shutdown.
///
/// # Errors
/// The listener cannot be used.
pub async fn serve(site: DemoSite, listener: TcpListener, shutdown: Shutdown) -> io::Result<()> {
    let site = web::Data::new(site);
    let mut server = HttpServer::new(move || {
        let mut app = ActixApp::new()
            .app_data(site.clone())
            .wrap(headers(&site.gateway_url))
            .route("/", web::get().to(page))
            .route("/messages.json", web::get().to(messages));
        for (path, media_type, text) in ASSETS {
            app = app.route(
                path,
                web::get().to(move || async move { asset(media_type, text) }),
            );
        }
        app
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
    tokio::select! {
        served = &mut server => served,
        () = stop => server.await,
    }
}

/// The page shows codes: nothing from elsewhere may run in it, embed it or keep it.
fn headers(gateway_url: &str) -> DefaultHeaders {
    DefaultHeaders::new()
        .add((
            header::CONTENT_SECURITY_POLICY,
            format!(
                "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; \
                 connect-src 'self' {gateway_url}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
        ))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "no-referrer"))
        .add((header::CACHE_CONTROL, "no-store"))
}

async fn page(site: web::Data<DemoSite>) -> HttpResponse {
    // None of the values holds a character that means something in HTML: they are our own URLs, ids and a JWT.
    let html = PAGE
        .replace("GATEWAY_URL", &site.gateway_url)
        .replace("CONSOLE_URL", &site.console_url)
        .replace("APP_TOKEN", &site.app_token)
        .replace("SHOP", XDUA_SHOP)
        .replace("TABLE", XDUA_TABLE);
    asset("text/html", html)
}

fn asset(media_type: &str, text: impl Into<String>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(format!("{media_type}; charset=utf-8"))
        .body(text.into())
}

/// A message in `/messages.json`.
#[derive(Serialize)]
struct Entry<'a> {
    event: &'a str,
    address: &'a str,
    code: Option<&'a str>,
    text: &'a str,
}

/// The newest messages of the demo application.
async fn messages(site: web::Data<DemoSite>) -> HttpResponse {
    let messages = site.inbox.newest_first();
    let ours = |message: &&Message| message.provider == XDUA && message.application == XDUA_SHOP;
    let newest = messages.iter().filter(ours).take(MESSAGES);
    let entries: Vec<Entry<'_>> = newest
        .map(|message| Entry {
            event: &message.event_id,
            address: &message.address,
            code: message.code.as_deref(),
            text: &message.text,
        })
        .collect();
    HttpResponse::Ok().json(entries)
}
