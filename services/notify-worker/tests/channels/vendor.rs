//! An HTTP API on a free port that answers as told and remembers what it got.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::Value;

/// A request as it came in. Names of headers are in lower case.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub query: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Clone, Debug)]
pub enum Reply {
    /// This status with this body.
    Answer(u16, String),
    /// An answer that comes that much later.
    Late(Duration),
    /// A redirect to another path.
    Redirect,
}

#[derive(Default)]
struct State {
    replies: VecDeque<Reply>,
    seen: Vec<Seen>,
}

pub struct Vendor {
    state: Arc<Mutex<State>>,
    port: u16,
    handle: actix_web::dev::ServerHandle,
}

impl Vendor {
    /// Answers every request with this status and JSON text, unless it is [told](Self::reply) otherwise.
    pub fn start(status: u16, body: &str) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let usual = Reply::Answer(status, body.to_owned());
        let (port_sender, port) = std::sync::mpsc::channel();
        let shared = Arc::clone(&state);
        // actix wants a system of its own.
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    App::new()
                        .app_data(web::Data::new((Arc::clone(&shared), usual.clone())))
                        .default_service(web::to(answer))
                })
                .workers(1)
                .disable_signals()
                .bind(("127.0.0.1", 0))
                .unwrap();
                let port = server.addrs()[0].port();
                let server = server.run();
                port_sender.send((port, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (port, handle) = port.recv().unwrap();
        Self {
            state,
            port,
            handle,
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What the next request is answered with.
    pub fn reply(&self, reply: Reply) {
        self.state.lock().unwrap().replies.push_back(reply);
    }

    pub fn answer(&self, status: u16, body: &str) {
        self.reply(Reply::Answer(status, body.to_owned()));
    }

    /// The requests so far, the oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        // Sends the order at once; nobody waits for it to be carried out.
        drop(self.handle.stop(false));
    }
}

type Shared = web::Data<(Arc<Mutex<State>>, Reply)>;

async fn answer(request: HttpRequest, body: web::Bytes, shared: Shared) -> HttpResponse {
    let (state, usual) = shared.get_ref();
    let reply = {
        let mut state = state.lock().unwrap();
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()));
        state.seen.push(Seen {
            path: request.path().to_owned(),
            query: request.query_string().to_owned(),
            headers: headers.collect(),
            body: body.to_vec(),
        });
        state.replies.pop_front().unwrap_or_else(|| usual.clone())
    };
    match reply {
        Reply::Answer(status, body) => HttpResponse::build(StatusCode::from_u16(status).unwrap())
            .content_type("application/json")
            .body(body),
        Reply::Late(delay) => {
            actix_web::rt::time::sleep(delay).await;
            HttpResponse::Ok().body("{}")
        }
        Reply::Redirect => HttpResponse::TemporaryRedirect()
            .insert_header(("location", "/elsewhere"))
            .finish(),
    }
}
