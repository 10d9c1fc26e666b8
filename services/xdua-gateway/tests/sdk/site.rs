//! A gateway, and beside it a web site of another origin whose pages use the SDK.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, web};
use serde::Deserialize;
use serde_json::{Value, json};
use signup_core::code::Channel;
use signup_core::credential::{Credential, CredentialKind};
use signup_core::time::Clock;
use signup_testkit::TestService;
use tokio::sync::mpsc;
use tokio::time::sleep;
use xdua_gateway::{PROVIDER, declarations, tokens};

use crate::browser::Browser;

/// How long a browser may take to start, run a page and report, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The app of the declarations.
const APP: &str = "EIxcPdpT";

/// The signing key of the declarations.
const KEY: &str = "b50b1effdc035e2869b6c45f63bdf5d7";

/// A gateway and a web site; both stop when this value is dropped.
pub struct Site {
    pub service: Arc<TestService>,
    port: u16,
    pages: Arc<Pages>,
    results: mpsc::UnboundedReceiver<Value>,
    server: ServerHandle,
}

/// What the web site's handlers work with. They may outlive the test for a moment; its gateway must not.
struct Pages {
    service: Weak<TestService>,
    gateway_url: String,
    app_token: String,
    page: Mutex<String>,
    results: mpsc::UnboundedSender<Value>,
}

impl Site {
    /// Starts both. The gateway allows the origin `http://127.0.0.1:PORT` of the web site and no other.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let declared = include_str!("declarations.toml").replace("PORT", &port.to_string());
        let service = Arc::new(TestService::start(&PROVIDER, declarations, &declared).await);
        let (sender, results) = mpsc::unbounded_channel();
        let pages = Arc::new(Pages {
            service: Arc::downgrade(&service),
            gateway_url: service.url(""),
            app_token: app_token(&service),
            page: Mutex::default(),
            results: sender,
        });
        let server = serve(listener, Arc::clone(&pages));
        Self {
            service,
            port,
            pages,
            results,
            server,
        }
    }

    /// Runs a script in a page of the allowed origin and returns its value.
    pub async fn run(&mut self, script: &str) -> Value {
        self.run_at("127.0.0.1", "zh-CN", script).await
    }

    /// Runs a script in a page of the origin `http://HOST:PORT`, in a browser of this language.
    pub async fn run_at(&mut self, host: &str, language: &str, script: &str) -> Value {
        *self.pages.page.lock().unwrap() = include_str!("page.html")
            .replace("SCRIPT", script)
            .replace("GATEWAY_URL", &self.pages.gateway_url)
            .replace("APP_TOKEN_VALUE", &self.pages.app_token);
        let mut browser = Browser::open(&format!("http://{host}:{}/", self.port), language);
        let mut result = tokio::select! {
            result = self.results.recv() => result.unwrap(),
            output = browser.ended() => panic!("the browser ended early: {output}"),
            () = sleep(PATIENCE) => panic!("no result after {PATIENCE:?}: {}", browser.output()),
        };
        assert_eq!(result["thrown"], Value::Null, "the script failed");
        result["value"].take()
    }

    /// The one user of this identifier, in its normalised form, as the database has it.
    pub async fn user(&self, identifier: &str) -> Value {
        let users = self.service.app.store.find_users(identifier).await.unwrap();
        let [user] = users.as_slice() else {
            panic!("{} users of {identifier}", users.len());
        };
        json!({ "id": user.public_id, "password": user.has_password, "profile": user.profile })
    }

    /// A token for the app in the name of a user.
    pub fn user_token(&self, user: &str) -> String {
        let now = self.service.clock.now();
        tokens::issue_user_token(&key(&self.service), "xdua.com", APP, user, now).unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // The future only waits for the end; the order is given here.
        drop(self.server.stop(false));
    }
}

fn app_token(service: &TestService) -> String {
    tokens::issue_app_token(&key(service), "xdua.com", APP, service.clock.now()).unwrap()
}

fn key(service: &TestService) -> Arc<Credential> {
    let (catalog, now) = (&service.app.catalog, service.clock.now());
    let key = catalog.credential(PROVIDER.name, CredentialKind::SigningKey, KEY, now);
    key.expect("a declared signing key")
}

fn serve(listener: TcpListener, pages: Arc<Pages>) -> ServerHandle {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&pages)))
            .route("/", web::get().to(page))
            .route("/code", web::get().to(code))
            .route("/result", web::post().to(result))
            .route("/{file:.+}", web::get().to(file))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)
    .unwrap()
    .run();
    let handle = server.handle();
    tokio::spawn(server);
    handle
}

async fn page(pages: web::Data<Pages>) -> HttpResponse {
    let page = pages.page.lock().unwrap().clone();
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .body(page)
}

/// The SDK's files as they are in the repository; the example is filled in, as its first lines ask for.
async fn file(pages: web::Data<Pages>, file: web::Path<String>) -> HttpResponse {
    let path = format!("{}/../../sdk/xdua/{file}", env!("CARGO_MANIFEST_DIR"));
    let Ok(text) = std::fs::read_to_string(path) else {
        return HttpResponse::NotFound().finish();
    };
    if file.ends_with(".html") {
        let text = text
            .replace("http://127.0.0.1:8082", &pages.gateway_url)
            .replace("paste the token here", &pages.app_token);
        return HttpResponse::Ok()
            .content_type(ContentType::html())
            .body(text);
    }
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .body(text)
}

#[derive(Deserialize)]
struct Phone {
    tel: String,
}

/// What the person in front of the browser reads on the phone.
async fn code(pages: web::Data<Pages>, phone: web::Query<Phone>) -> String {
    let service = pages.service.upgrade().expect("the gateway runs");
    service.code(Channel::Sms, &phone.tel).await
}

async fn result(pages: web::Data<Pages>, body: String) -> HttpResponse {
    pages
        .results
        .send(serde_json::from_str(&body).unwrap())
        .unwrap();
    HttpResponse::NoContent().finish()
}
