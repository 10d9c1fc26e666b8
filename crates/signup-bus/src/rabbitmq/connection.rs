//! One connection to the broker. It is never repaired: what lost it drops everything and opens another one.

use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lapin::tcp::{AMQPUriTcpExt, AsyncTcpStream, OwnedTLSConfig, TLSConfig};
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Channel, Connection, ConnectionProperties};
use tokio::time::timeout;

use super::BrokerUrl;
use super::error::{self, BrokerError, Refusal};

/// Longest time from the first packet to a usable connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest time for an answer to a request that needs no disk.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest time for an orderly goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Seconds between signs of life, unless the URL says `?heartbeat=…`; after twice this time without any the connection
/// counts as lost.
const HEARTBEAT: u16 = 10;

/// How to reach the broker.
#[derive(Clone, Debug)]
pub struct BrokerOptions {
    /// Where it is, and how to log in.
    pub url: BrokerUrl,
    /// Certificates (PEM) that the broker's is checked against, beside the system's. Read anew for every connection.
    pub ca_file: Option<PathBuf>,
    /// The program, as the broker's management page shows it.
    pub name: String,
}

impl BrokerOptions {
    /// `PROGRAM@HOST PID ROLE`.
    fn connection_name(&self, role: &str) -> String {
        let host = hostname::get().unwrap_or_default();
        let (host, pid) = (host.to_string_lossy(), std::process::id());
        format!("{}@{host} {pid} {role}", self.name)
    }

    fn tls(&self) -> Result<OwnedTLSConfig, BrokerError> {
        let mut tls = OwnedTLSConfig::default();
        if let (AMQPScheme::AMQPS, Some(file)) = (self.url.uri().scheme.clone(), &self.ca_file) {
            let pem = std::fs::read_to_string(file).map_err(|error| {
                let problem = format!("cannot read bus.ca_file {}: {error}", file.display());
                error::connect(&self.url, problem)
            })?;
            tls.cert_chain = Some(pem);
        }
        Ok(tls)
    }
}

/// A connection. Dropping it ends it at once, without a word to the broker; see [`close`](Self::close).
pub(super) struct BrokerConnection {
    amqp: Connection,
    url: BrokerUrl,
    // After `amqp`: the socket is cut last.
    _socket: SocketGuard,
}

impl BrokerConnection {
    /// Connects and logs in. `role` is what this connection is for, in its name.
    ///
    /// # Errors
    /// With what to do about it.
    pub async fn open(options: &BrokerOptions, role: &str) -> Result<Self, BrokerError> {
        let url = &options.url;
        let tls = options.tls()?;
        let mut uri = url.uri().clone();
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        let properties = ConnectionProperties::default()
            .with_connection_name(options.connection_name(role).into());
        let socket = SocketGuard::default();
        let kept = Arc::clone(&socket.0);
        let opening = async {
            let runtime = lapin::runtime::default_runtime()?;
            let sockets = runtime.clone();
            let connect = async move |uri: AMQPUri, _| {
                let plain = AMQPUri {
                    scheme: AMQPScheme::AMQP,
                    ..uri.clone()
                };
                let stream = plain
                    .connect_with_config_async(TLSConfig::default(), &sockets)
                    .await?;
                if let AsyncTcpStream::Plain(tcp) = &stream {
                    kept.keep(tcp.get_ref().as_fd().try_clone_to_owned()?)?;
                }
                Ok(match uri.scheme {
                    AMQPScheme::AMQP => stream,
                    AMQPScheme::AMQPS => stream.into_tls(&uri.authority.host, tls.as_ref()).await?,
                })
            };
            Connection::connector(uri, runtime, connect, properties).await
        };
        match timeout(CONNECT_TIMEOUT, opening).await {
            Ok(Ok(amqp)) => Ok(Self {
                amqp,
                url: url.clone(),
                _socket: socket,
            }),
            Ok(Err(error)) => Err(error::connect(url, error::connect_problem(url, &error))),
            Err(_) => {
                let waited = CONNECT_TIMEOUT.as_secs();
                let problem = format!(
                    "no answer within {waited} s. Check host, port and firewall, and whether the broker is overloaded"
                );
                Err(error::connect(url, problem))
            }
        }
    }

    /// Whether it is not known to be lost.
    pub fn is_open(&self) -> bool {
        self.amqp.status().connected()
    }

    /// Opens a channel.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn channel(&self) -> Result<Channel, BrokerError> {
        self.answer(self.amqp.create_channel()).await
    }

    /// Waits for the answer to a request, within bounds: a peer that is gone without a word answers nothing.
    ///
    /// # Errors
    /// The connection or the channel is lost.
    pub async fn answer<T>(
        &self,
        request: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, BrokerError> {
        match timeout(ANSWER_TIMEOUT, request).await {
            Ok(answer) => answer.map_err(|error| self.lost(&error)),
            Err(_) => Err(self.silent(ANSWER_TIMEOUT)),
        }
    }

    pub fn lost(&self, error: &lapin::Error) -> BrokerError {
        error::lost(&self.url, error)
    }

    pub fn queue_gone(&self) -> BrokerError {
        error::queue_gone(&self.url)
    }

    pub fn silent(&self, waited: Duration) -> BrokerError {
        error::silent(&self.url, waited)
    }

    pub fn refused(&self, refusal: Refusal<'_>, error: &lapin::Error) -> BrokerError {
        error::refused(&self.url, refusal, error)
    }

    /// Says goodbye to the broker. What was sent before is received before.
    pub async fn close(&self) {
        // A broker that does not answer is as good as gone.
        let _ = timeout(CLOSE_TIMEOUT, self.amqp.close(200, "OK".into())).await;
    }
}

/// Cuts the socket in the end. The thread behind a connection would otherwise wait for as long as its peer is silent,
/// and nothing ends a wait for the broker's first word.
#[derive(Default)]
struct SocketGuard(Arc<Socket>);

impl Drop for SocketGuard {
    fn drop(&mut self) {
        self.0.cut();
    }
}

#[derive(Default)]
struct Socket(Mutex<SocketState>);

#[derive(Default)]
enum SocketState {
    #[default]
    Connecting,
    Open(TcpStream),
    Cut,
}

impl Socket {
    fn keep(&self, socket: OwnedFd) -> std::io::Result<()> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, SocketState::Cut) {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        *state = SocketState::Open(socket.into());
        Ok(())
    }

    fn cut(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let SocketState::Open(socket) = std::mem::replace(&mut *state, SocketState::Cut) {
            // It fails when the peer was faster.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}
