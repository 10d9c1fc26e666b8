//! What every request passes on its way in and every response on its way out.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use futures_util::FutureExt;
use signup_app::App;
use signup_core::context::RequestContext;

use crate::answer::{Worded, word};
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
    pub(crate) metrics: HttpMetrics,
}

/// Gives the request its context; makes of every refusal, and of a panic, the provider's own reply; adds the headers
/// that every response has; writes the access log and the metrics.
pub(crate) async fn edge(
    app: web::Data<App>,
    edge: web::Data<Edge>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let context = read_context(&request, &app.settings.http.trusted_proxies);
    // Asked for before the request is given away: a panic does not give it back.
    let exchange = Exchange {
        edge: &edge,
        context: &context,
        method: method_label(request.method()),
        route: request
            .match_pattern()
            .unwrap_or_else(|| UNMATCHED.to_owned()),
    };
    request.extensions_mut().insert(context.clone());
    let unread = Unread::hold(&mut request);

    let outcome = AssertUnwindSafe(async move { next.call(request).await })
        .catch_unwind()
        .await;
    let result = match outcome {
        Ok(Ok(response)) => {
            let (request, response) = response.map_into_boxed_body().into_parts();
            Ok((request, exchange.word_fault(response)))
        }
        Ok(Err(error)) => Err(exchange.word_fault(HttpResponse::from_error(error))),
        Err(_) => {
            // The panic hook has told what and where; its text may quote data, so it is not repeated here.
            log::error!(
                event = "http.panic",
                request_id = context.request_id.as_str(),
                provider = edge.provider.name,
                route = exchange.route.as_str();
                "a handler panicked"
            );
            Err(exchange.word_fault(HttpResponse::from_error(Fault::Internal)))
        }
    };
    let finish = |mut response: HttpResponse| {
        exchange.finish(&mut response, started.elapsed());
        match unread {
            Some(unread) => response.map_body(|_, body| unread.until_sent(body)),
            None => response,
        }
    };
    match result {
        Ok((request, response)) => Ok(ServiceResponse::new(request, finish(response))),
        Err(response) => {
            let response = finish(response);
            // Without a request no service response can be made; actix sends the response of an error as it is.
            Err(InternalError::from_response("refused at the edge", response).into())
        }
    }
}

/// One request and its response, seen from the edge.
struct Exchange<'a> {
    edge: &'a Edge,
    context: &'a RequestContext,
    method: &'static str,
    route: String,
}

impl Exchange<'_> {
    /// Replaces an error response that no provider has worded by the provider's reply. Headers that middleware of the
    /// service has added stay.
    fn word_fault(&self, mut response: HttpResponse) -> HttpResponse {
        let is_error = response.status().is_client_error() || response.status().is_server_error();
        if !is_error || response.extensions().get::<Worded>().is_some() {
            return response;
        }
        let fault = Fault::of_response(&response);
        if fault == Fault::Internal {
            log::error!(
                event = "http.internal",
                request_id = self.context.request_id.as_str(),
                provider = self.edge.provider.name,
                route = self.route.as_str();
                "answered with an internal error"
            );
        }
        let reply = (self.edge.provider.fault)(&fault, self.context);
        response.headers_mut().remove(CONTENT_TYPE);
        word(&mut response, &reply);
        if let Some((name, value)) = fault.header()
            && let Ok(value) = HeaderValue::try_from(value)
        {
            insert_if_absent(response.headers_mut(), HeaderName::from_static(name), value);
        }
        response.set_body(BoxBody::new(reply.body))
    }

    fn finish(&self, response: &mut HttpResponse, duration: Duration) {
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::try_from(self.context.request_id.as_str()) {
            headers.insert(X_REQUEST_ID.clone(), id);
        }
        let nosniff = HeaderValue::from_static("nosniff");
        insert_if_absent(headers, X_CONTENT_TYPE_OPTIONS, nosniff);
        let no_store = HeaderValue::from_static("no-store");
        insert_if_absent(headers, CACHE_CONTROL, no_store);

        let status = response.status();
        self.edge
            .metrics
            .observe(&self.route, self.method, status.as_u16(), duration);
        self.write_access_log(status, duration);
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
