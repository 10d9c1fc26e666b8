//! From a provider's [`Reply`] to actix's response.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use signup_core::reply::Reply;

use crate::Fault;

/// What a handler may return.
pub trait Outcome {
    /// The reply, or the fault that the provider is to word.
    fn into_answer(self) -> Answer;
}

impl Outcome for Reply {
    fn into_answer(self) -> Answer {
        Answer(Ok(self))
    }
}

impl Outcome for Result<Reply, Fault> {
    fn into_answer(self) -> Answer {
        Answer(self)
    }
}

/// A handler's outcome as actix wants it. Handlers registered with [`to`](crate::to) need not name it.
#[derive(Debug)]
pub struct Answer(pub Result<Reply, Fault>);

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        match self.0 {
            Ok(reply) => response(reply),
            Err(fault) => HttpResponse::from_error(fault),
        }
    }
}

/// Marks a response as worded by a provider. What lacks it and is an error is worded at the edge.
pub(crate) struct Worded;

/// The reply as a response, its header fields exactly as given.
pub(crate) fn response(reply: Reply) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::OK);
    word(&mut response, &reply);
    response.set_body(BoxBody::new(reply.body))
}

/// Sets status and headers of `response` to those of `reply`, and marks it. Other headers stay.
pub(crate) fn word<B>(response: &mut HttpResponse<B>, reply: &Reply) {
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut replaced: Vec<HeaderName> = Vec::with_capacity(reply.headers.len());
    for (name, value) in &reply.headers {
        // A header that HTTP cannot carry is left out: its value came from outside, or we have a bug that tests see.
        let (Ok(name), Ok(value)) = (
            HeaderName::try_from(name.as_str()),
            HeaderValue::try_from(value.as_str()),
        ) else {
            log::warn!(event = "http.header_dropped"; "a reply header cannot be sent: {name}");
            continue;
        };
        // The first field of a name replaces what was there, further ones are added: a reply may set two cookies.
        if replaced.contains(&name) {
            response.headers_mut().append(name, value);
        } else {
            replaced.push(name.clone());
            response.headers_mut().insert(name, value);
        }
    }
    response.extensions_mut().insert(Worded);
}
