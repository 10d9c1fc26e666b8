//! What every request passes on its way in and every response on its way out.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use futures_util::FutureExt;
use signup_app::App;
use signup_app::logging::{Origin, in_request};
use signup_app::settings::HttpSettings;
use signup_app::shutdown::Shutdown;
use signup_core::context::RequestContext;
use signup_core::reply::Reply;

use crate::answer::{Worded, word};
use crate::decision::Remembered;
use crate::idempotency::IDEMPOTENCY_KEY;
use crate::metrics::HttpMetrics;
use crate::request::context::read_context;
use crate::request::unread::Unread;
use crate::{Fault, Provider};

/// The route that stands in logs and metrics for paths that no route matches.
const UNMATCHED: &str = "unmatched";

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the edge needs beside the application.
pub(crate) struct Edge {
    pub(crate) provider: &'static Provider,
    /// What this server bears from its clients.
    pub(crate) http: HttpSettings,
    pub(crate) metrics: HttpMetrics,
    pub(crate) shutdown: Shutdown,
}

/// Gives the request its context; makes of every refusal, and of a panic, the provider's own reply; adds the headers
/// that every response has; writes the access log and the metrics.
pub(crate) async fn edge(
    app: web::Data<App>,
    edge: web::Data<Edge>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let context = read_context(&request, &edge.http);
    request.extensions_mut().insert(context.clone());
    // Asked for before the request is given away: a panic does not give it back.
    let route = request
        .match_pattern()
        .unwrap_or_else(|| UNMATCHED.to_owned());
    let (provider, id) = (edge.provider, &context.request_id);
    let exchange = Exchange {
        remembered: Remembered::begin(&app, provider, request.method(), &route, id),
        edge,
        context,
        method: method_label(request.method()),
        route,
        started: Instant::now(),
    };
    let unread = Unread::hold(&mut request);
    let is_repeatable = request.headers().contains_key(IDEMPOTENCY_KEY);
    let answer = in_request(
        Origin::from(&exchange.context),
        exchange.answer(request, next, unread),
    );
    if is_repeatable {
        // Goes on when its client has left: the client will come back with the same key and ask for the reply.
        actix_web::rt::spawn(answer)
            .await
            .unwrap_or_else(|_| Err(Fault::Internal.into()))
    } else {
        answer.await
    }
}

/// One request and its response, seen from the edge.
struct Exchange {
    edge: web::Data<Edge>,
    context: RequestContext,
    remembered: Option<Remembered>,
    method: &'static str,
    route: String,
    started: Instant,
}

impl Exchange {
    async fn answer(
        mut self,
        request: ServiceRequest,
        next: Next<impl MessageBody + 'static>,
        unread: Option<Unread>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        let work = AssertUnwindSafe(async move { next.call(request).await }).catch_unwind();
        let outcome = match &self.remembered {
            Some(remembered) => remembered.notes().during(work).await,
            None => work.await,
        };
        let (request, response) = match outcome {
            Ok(Ok(response)) => {
                let (request, response) = response.map_into_boxed_body().into_parts();
                (Some(request), response)
            }
            Ok(Err(error)) => (None, HttpResponse::from_error(error)),
            Err(_) => {
                // The panic hook has told what and where; its text may quote data, so it is not repeated here.
                self.log_fault("http.panic", "a handler panicked");
                (None, HttpResponse::from_error(Fault::Internal))
            }
        };
        let mut response = self.word_fault(response);
        self.finish(&mut response);
        if let Some(remembered) = &mut self.remembered {
            remembered.answered(response.status().as_u16());
        }
        if let Some(unread) = unread {
            response = response.map_body(|_, body| unread.until_sent(body));
        }
        match request {
            Some(request) => Ok(ServiceResponse::new(request, response)),
            // Without its request no service response can be made; actix sends the response of an error as it is.
            None => Err(InternalError::from_response("refused at the edge", response).into()),
        }
    }

    /// Replaces an error response that no provider has worded by the provider's reply. Headers that middleware of the
    /// service has added stay.
    fn word_fault(&self, mut response: HttpResponse) -> HttpResponse {
        let is_error = response.status().is_client_error() || response.status().is_server_error();
        if !is_error || response.extensions().get::<Worded>().is_some() {
            return response;
        }
        let fault = Fault::of_response(&response);
        if fault == Fault::Internal {
            self.log_fault("http.internal", "answered with an internal error");
        }
        let reply = self.word(&fault);
        response.headers_mut().remove(CONTENT_TYPE);
        word(&mut response, &reply);
        if let Some((name, value)) = fault.header()
            && let Ok(value) = HeaderValue::try_from(value)
        {
            insert_if_absent(response.headers_mut(), HeaderName::from_static(name), value);
        }
        response.set_body(BoxBody::new(reply.body))
    }

    /// The provider's words; they are part of what is remembered.
    fn word(&self, fault: &Fault) -> Reply {
        let reply = || (self.edge.provider.fault)(fault, &self.context);
        match &self.remembered {
            Some(remembered) => remembered.notes().during_sync(reply),
            None => reply(),
        }
    }

    fn finish(&self, response: &mut HttpResponse) {
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::try_from(self.context.request_id.as_str()) {
            headers.insert(X_REQUEST_ID.clone(), id);
        }
        let nosniff = HeaderValue::from_static("nosniff");
        insert_if_absent(headers, X_CONTENT_TYPE_OPTIONS, nosniff);
        let no_store = HeaderValue::from_static("no-store");
        insert_if_absent(headers, CACHE_CONTROL, no_store);

        if self.edge.shutdown.is_triggered() {
            // The next request of this client had better go to another process.
            let head = response.head_mut();
            head.set_connection_type(ConnectionType::Close);
        }

        let (status, duration) = (response.status(), self.started.elapsed());
        self.edge
            .metrics
            .observe(&self.route, self.method, status.as_u16(), duration);
        self.write_access_log(status, duration);
    }

    fn log_fault(&self, event: &str, what: &str) {
        log::error!(
            event,
            request_id = self.context.request_id.as_str(),
            provider = self.edge.provider.name,
            route = self.route.as_str();
            "{what}"
        );
    }

    fn write_access_log(&self, status: StatusCode, duration: Duration) {
        // Probes come every few seconds and say nothing as long as they are answered.
        let level = if self.route.starts_with("/health/") && status.is_success() {
            log::Level::Debug
        } else {
            log::Level::Info
        };
        log::log!(
            level,
            event = "http.request",
            request_id = self.context.request_id.as_str(),
            provider = self.edge.provider.name,
            route = self.route.as_str(),
            method = self.method,
            status = status.as_u16(),
            duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
            "{} {} {}", self.method, self.route, status.as_u16()
        );
    }
}

fn insert_if_absent(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}

/// The method as a label. Clients can make methods up, so the unknown ones share one.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
