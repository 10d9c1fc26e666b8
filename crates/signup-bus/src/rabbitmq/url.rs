//! Where the broker is, and how to log in.

use std::fmt;

use lapin::uri::AMQPUri;

/// AMQP 0-9-1: a vhost is a short string.
const LONGEST_VHOST: usize = 255;

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
    /// It has another scheme, cannot be read, or its vhost is longer than 255 bytes.
    pub fn parse(text: &str) -> Result<Self, BrokerUrlError> {
        let uri: AMQPUri = text.parse().map_err(|_| BrokerUrlError)?;
        // AMQP has no room for more, and the client library panics.
        if uri.vhost.len() > LONGEST_VHOST {
            return Err(BrokerUrlError);
        }
        Ok(Self(uri))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_names_no_broker_is_refused_without_being_quoted() {
        let too_long = format!("amqp://me:hunter2@host/{}", "v".repeat(256));
        for text in ["", "hunter2", "http://me:hunter2@host/", &too_long] {
            let error = BrokerUrl::parse(text).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn neither_user_nor_password_is_shown() {
        let url = BrokerUrl::parse("amqps://me:hunter2@host/%2f").unwrap();
        assert_eq!(url.to_string(), "amqps://host:5671//");
        assert_eq!(format!("{url:?}"), url.to_string());
    }
}
