//! Where the broker is, and how to log in.

use std::fmt;

use lapin::uri::AMQPUri;

/// `amqp://USER:PASSWORD@HOST:PORT/VHOST`, or `amqps://` for TLS. It holds a password, so only host and vhost are shown.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerUrl(AMQPUri);

/// Why a text names no broker. Does not quote it: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an AMQP URL: expected amqp://USER:PASSWORD@HOST:PORT/VHOST or amqps://…")]
pub struct BrokerUrlError;

impl BrokerUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// It has another scheme, or cannot be read.
    pub fn parse(text: &str) -> Result<Self, BrokerUrlError> {
        text.parse().map(Self).map_err(|_| BrokerUrlError)
    }

    pub(crate) fn uri(&self) -> &AMQPUri {
        &self.0
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri = &self.0;
        let (host, port) = (&uri.authority.host, uri.authority.port);
        write!(f, "{}://{host}:{port}/{}", uri.scheme, uri.vhost)
    }
}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
