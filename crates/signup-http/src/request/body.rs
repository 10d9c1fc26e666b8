//! The body of a request, limited in size and time.

use std::ops::Deref;
use std::time::Instant;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use actix_web::web::{self, Bytes, BytesMut};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use signup_core::context::RequestContext;

use crate::Fault;
use crate::edge::Edge;

/// Extracts the whole body: at most `http.body_limit_bytes`, all of it there within `http.body_timeout`.
///
/// A body that is announced too large is refused before any of it is read. So is one with a content coding: none is
/// undone, so no small body can become a large one.
#[derive(Clone, Debug, Default)]
pub struct Body(pub Bytes);

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl FromRequest for Body {
    type Error = Fault;
    type Future = LocalBoxFuture<'static, Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let Some(edge) = request.app_data::<web::Data<Edge>>() else {
            return Box::pin(async { Err(Fault::Internal) });
        };
        if is_encoded(request.headers()) {
            return Box::pin(async { Err(Fault::UnsupportedEncoding) });
        }
        let limit = edge.http.body_limit_bytes;
        // A body that takes longer leaves no time to answer.
        let deadline = request
            .extensions()
            .get::<RequestContext>()
            .map(|context| context.deadline);
        let end = Instant::now() + edge.http.body_timeout;
        let end = deadline.map_or(end, |deadline| deadline.min(end));
        let announced = request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > limit) {
            return Box::pin(async { Err(Fault::PayloadTooLarge) });
        }
        let payload = payload.take();
        Box::pin(async move {
            tokio::time::timeout_at(end.into(), read(payload, limit))
                .await
                .unwrap_or(Err(Fault::RequestTimeout))
        })
    }
}

/// Whether any coding but `identity` was applied to the body.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).any(|value| {
        !value.to_str().is_ok_and(|codings| {
            codings
                .split(',')
                .map(str::trim)
                .all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case("identity"))
        })
    })
}

async fn read(mut payload: Payload, limit: usize) -> Result<Body, Fault> {
    // Grows with what has arrived, not with what was announced: idle connections hold no memory.
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| match error {
            PayloadError::Overflow => Fault::PayloadTooLarge,
            _ => Fault::MalformedBody("the body is incomplete or not framed correctly".to_owned()),
        })?;
        if chunk.len() > limit - body.len() {
            return Err(Fault::PayloadTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Body(body.freeze()))
}
