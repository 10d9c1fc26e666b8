//! A team's HTTP server: answers as told and keeps what it got.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::{KeepAlive, StatusCode};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use standardwebhooks::Webhook;

/// What came in.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// Whether the specification's own library accepts it.
    pub fn verifies_with(&self, secret: &str) -> bool {
        let reference = Webhook::new(secret).unwrap();
        reference.verify(&self.body, &self.headers).is_ok()
    }
}

/// How to answer.
#[derive(Clone, Copy, Debug)]
pub enum Told {
    Status(u16),
    StatusWith(u16, &'static str, &'static str),
    /// Not at all.
    Hang,
}

#[derive(Default)]
struct Desk {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<Told>>,
    usual: Mutex<Option<Told>>,
}

pub struct Receiver {
    pub port: u16,
    desk: Arc<Desk>,
    server: ServerHandle,
}

impl Receiver {
    pub fn start() -> Self {
        // On all addresses, so that a call that goes astray on this machine is seen.
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let desk = Arc::new(Desk::default());
        let data = web::Data::from(Arc::clone(&desk));
        let server = HttpServer::new(move || {
            let app = App::new().app_data(data.clone());
            app.default_service(web::to(receive))
        })
        .workers(1)
        // Every call looks its host up anew.
        .keep_alive(KeepAlive::Disabled)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        let handle = server.handle();
        tokio::spawn(server);
        Self {
            port,
            desk,
            server: handle,
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// The next answers; after them it is 200 again.
    pub fn answers(&self, answers: impl IntoIterator<Item = Told>) {
        self.desk.answers.lock().unwrap().extend(answers);
    }

    /// What it answers from now on.
    pub fn always(&self, answer: Told) {
        *self.desk.usual.lock().unwrap() = Some(answer);
    }

    pub fn received(&self) -> Vec<Received> {
        self.desk.received.lock().unwrap().clone()
    }

    /// Waits until this many calls have come.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        signup_testkit::eventually(Duration::from_secs(20), || async {
            let received = self.received();
            if received.len() >= count {
                Ok(received)
            } else {
                Err(format!("{} of {count} calls", received.len()))
            }
        })
        .await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

async fn receive(request: HttpRequest, body: web::Bytes, desk: web::Data<Desk>) -> HttpResponse {
    let headers = request.headers().iter().map(|(name, value)| {
        let name: HeaderName = name.as_str().parse().unwrap();
        (name, HeaderValue::from_bytes(value.as_bytes()).unwrap())
    });
    desk.received.lock().unwrap().push(Received {
        path: request.path().to_owned(),
        headers: headers.collect(),
        body: body.to_vec(),
    });
    let told = desk.answers.lock().unwrap().pop_front();
    let told = told.or(*desk.usual.lock().unwrap());
    match told.unwrap_or(Told::Status(200)) {
        Told::Status(status) => HttpResponse::build(code(status)).finish(),
        Told::StatusWith(status, name, value) => HttpResponse::build(code(status))
            .insert_header((name, value))
            .finish(),
        Told::Hang => std::future::pending().await,
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap()
}
