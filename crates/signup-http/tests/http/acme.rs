//! "acme", a provider that only tests have.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::web;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use signup_app::App;
use signup_app::settings::Settings;
use signup_app::shutdown::Shutdown;
use signup_core::application::{Application, Directory, ProviderSettings, Rules};
use signup_core::context::RequestContext;
use signup_core::reply::Reply;
use signup_http::{Body, Context, Fault, Provider, bind, idempotent, resource, serve, to};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use utoipa::openapi::OpenApi;

pub static ACME: Provider = Provider {
    name: "acme",
    binary: "acme-svc",
    defaults: "",
    routes,
    openapi: Some(openapi),
    actions: &[],
    fault,
};

/// Holds requests in flight: they tell that they have come, and wait to be let go. One test uses it at a time.
pub struct Gate {
    come: Semaphore,
    go: Semaphore,
}

impl Gate {
    const fn closed() -> Self {
        Self {
            come: Semaphore::const_new(0),
            go: Semaphore::const_new(0),
        }
    }

    async fn pass(&self) {
        self.come.add_permits(1);
        self.go.acquire().await.unwrap().forget();
    }

    /// Waits for a request to come.
    pub async fn wait_for_request(&self) {
        self.come.acquire().await.unwrap().forget();
    }

    pub fn open(&self) {
        self.go.add_permits(1);
    }
}

/// For requests to `/gate`.
pub static GATE: Gate = Gate::closed();
/// For requests to `/never`; nobody opens it.
pub static NEVER: Gate = Gate::closed();
/// For sign-ups whose body is `wait`.
pub static SIGN_UP_GATE: Gate = Gate::closed();
/// For sign-ups whose body is `leave`.
pub static LEAVING_GATE: Gate = Gate::closed();

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource(
            "/echo",
            [(Method::POST, to(echo)), (Method::GET, to(echo))],
        ))
        .service(resource("/things/{id}", [(Method::GET, to(thing))]))
        .service(resource("/panic", [(Method::POST, to(panics))]))
        .service(resource("/limited", [(Method::GET, to(limited))]))
        .service(resource("/gate", [(Method::GET, to(gate))]))
        .service(resource("/never", [(Method::GET, to(never))]))
        .service(resource("/sign-up", [(Method::POST, to(sign_up))]))
        .service(web::resource("/foreign").route(web::post().to(foreign)));
}

/// Tells what the service has seen of the request.
async fn echo(context: Context, body: Body) -> Reply {
    let seen = json!({
        "request_id": context.request_id,
        "client_ip": context.client_ip.to_string(),
        "language": context.language.map(|language| format!("{language:?}")),
        "trace_parent": context.trace_parent,
        "bytes": body.len(),
    });
    Reply::json_as("application/json;charset=UTF-8", 200, &seen)
}

async fn thing(id: web::Path<u32>) -> Result<Reply, Fault> {
    match id.into_inner() {
        0 => Err(Fault::NotFound),
        id => Ok(Reply::json(200, &json!({"id": id}))),
    }
}

async fn panics(_: Body) -> Reply {
    panic!("as told")
}

async fn limited() -> Result<Reply, Fault> {
    Err(Fault::RateLimited {
        retry_after: Duration::from_millis(1500),
    })
}

async fn gate() -> Reply {
    GATE.pass().await;
    Reply::json(200, &json!({"passed": true}))
}

async fn never() -> Reply {
    NEVER.pass().await;
    Reply::empty(204)
}

/// A handler of actix's own kind, with an error that is none of ours.
async fn foreign() -> Result<&'static str, actix_web::Error> {
    Err(actix_web::error::ErrorInternalServerError("secret detail"))
}

async fn sign_up(
    app: web::Data<App>,
    context: Context,
    request: actix_web::HttpRequest,
    body: Body,
) -> Result<Reply, Fault> {
    let application = application();
    idempotent(&app, &application, &context, &request, &body, async |_| {
        let run = uuid::Uuid::now_v7();
        match &*body {
            b"busy" => Reply::json(503, &json!({"run": run})),
            b"wait" => {
                SIGN_UP_GATE.pass().await;
                Reply::json(200, &json!({"run": run}))
            }
            b"leave" => {
                LEAVING_GATE.pass().await;
                Reply::json(200, &json!({"run": run}))
            }
            _ => Reply::json(201, &json!({"run": run})).with_header("x-acme", "1"),
        }
    })
    .await
}

fn application() -> Application {
    let settings = ProviderSettings::new(json!({}));
    Application {
        provider: "acme".to_owned(),
        id: "shop".to_owned(),
        directory: Arc::new(Directory {
            provider: "acme".to_owned(),
            id: "shop".to_owned(),
            settings: settings.clone(),
        }),
        name: "Shop".to_owned(),
        enabled: true,
        rules: Rules::default(),
        settings,
    }
}

fn fault(fault: &Fault, context: &RequestContext) -> Reply {
    let body = json!({"acme": fault.to_string(), "id": context.request_id});
    Reply::json(fault.status(), &body)
}

fn openapi() -> OpenApi {
    let document = json!({
        "openapi": "3.1.0",
        "info": {"title": "Acme", "version": "1.2.3", "description": "Signs <b>people</b> up."},
        "paths": {"/sign-up": {"post": {
            "summary": "Sign up <script>alert(1)</script>",
            "parameters": [
                {"name": "Idempotency-Key", "in": "header", "required": false,
                 "description": "Makes it `once`.", "schema": {"type": "string", "maxLength": 255}}
            ],
            "requestBody": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/SignUp"}
            }}},
            "responses": {
                "201": {"description": "Signed up.", "content": {"application/json": {
                    "example": {"uid": "u1"}
                }}},
                "429": {"description": "Too often.", "content": {"application/json": {
                    "example": {"acme": "rate limited"}
                }}}
            }
        }}},
        "components": {"schemas": {"SignUp": {
            "type": "object", "required": ["email"],
            "properties": {
                "email": {"type": "string", "example": "ann@example.com"},
                "platform": {"type": "string", "enum": ["ios", "android"]}
            }
        }}}
    });
    serde_json::from_value(document).unwrap()
}

/// A running server of the provider, with a database of its own: `acme.db` in `directory`.
pub struct Acme {
    pub address: SocketAddr,
    pub metrics_address: SocketAddr,
    pub shutdown: Shutdown,
    pub server: JoinHandle<std::io::Result<()>>,
    pub client: reqwest::Client,
    pub directory: TempDir,
}

impl Acme {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with settings of the section `[http]`.
    pub async fn start_with(http: &[(&str, &str)]) -> Self {
        Self::start_as(&ACME, http).await
    }

    /// Starts as another provider than [`ACME`].
    pub async fn start_as(provider: &'static Provider, http: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().unwrap();
        let url = format!("sqlite://{}", directory.path().join("acme.db").display());
        let environment = [("SIGNUP__DATABASE__URL".to_owned(), url)]
            .into_iter()
            .chain([("SIGNUP__HTTP__WORKERS".to_owned(), "1".to_owned())])
            .chain(http.iter().map(|(key, value)| {
                (
                    format!("SIGNUP__HTTP__{}", key.to_uppercase()),
                    (*value).to_owned(),
                )
            }));
        let settings = Settings::load(provider.defaults, None, environment).unwrap();
        let app = App::start(settings, &["acme"]).await.unwrap();
        let loopback = "127.0.0.1:0".parse().unwrap();
        let (listener, metrics) = (bind(loopback).unwrap(), bind(loopback).unwrap());
        let shutdown = Shutdown::new();
        Self {
            address: listener.local_addr().unwrap(),
            metrics_address: metrics.local_addr().unwrap(),
            server: tokio::spawn(serve(
                app,
                provider,
                listener,
                Some(metrics),
                shutdown.clone(),
            )),
            shutdown,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            directory,
        }
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("http://{}{path}", self.address))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("http://{}{path}", self.address))
    }

    /// The metrics page.
    pub async fn metrics(&self) -> String {
        let url = format!("http://{}/metrics", self.metrics_address);
        self.client
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }
}

/// Asserts that a response is the provider's own refusal, and tells which.
pub async fn refusal(response: Response, status: u16) -> String {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()["content-type"], "application/json");
    let id = response.headers()["x-request-id"].clone();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["id"], id.to_str().unwrap());
    body["acme"].as_str().unwrap().to_owned()
}

/// A stream of chunks, so that the client sends no `Content-Length`.
pub fn chunked(
    chunks: impl IntoIterator<Item = Vec<u8>, IntoIter: Send + 'static>,
) -> reqwest::Body {
    reqwest::Body::wrap_stream(futures_util::stream::iter(
        chunks.into_iter().map(Ok::<_, Infallible>),
    ))
}
