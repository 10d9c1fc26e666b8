//! Bodies that nobody reads to their end.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;

/// Holds on to the body of a request until the response is out.
///
/// When the reader of a chunked body is gone, actix reads the rest of it and throws it away, so that the connection can
/// be used again. A client could go on sending for ever. As long as the body is held, actix waits instead, and closes
/// the connection shortly after the response if the body has not come to its end.
pub(crate) struct Unread {
    _body: Shared,
}

impl Unread {
    /// Takes hold of the body; `None` when its length was announced, because then actix closes anyway.
    pub(crate) fn hold(request: &mut ServiceRequest) -> Option<Self> {
        if !request.chunked().unwrap_or(false) {
            return None;
        }
        let shared = Shared(Rc::new(RefCell::new(request.take_payload())));
        request.set_payload(Payload::Stream {
            payload: Box::pin(shared.clone()),
        });
        Some(Self { _body: shared })
    }

    /// The body of the response, which lets go of the request's body when it is sent.
    pub(crate) fn until_sent(self, body: BoxBody) -> BoxBody {
        BoxBody::new(HoldingBody {
            body,
            _unread: self,
        })
    }
}

/// The body for two: its reader, and who holds it.
#[derive(Clone)]
struct Shared(Rc<RefCell<Payload>>);

impl Stream for Shared {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(context)
    }
}

struct HoldingBody {
    body: BoxBody,
    _unread: Unread,
}

impl MessageBody for HoldingBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}
