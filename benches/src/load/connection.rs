//! One connection that is kept over many requests.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Instant;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::reply::{self, Reply};

/// Larger than any reply of the services.
const BUFFER_BYTES: usize = 16 * 1024;

/// A connection with at most one request under way.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    filled: usize,
    unsent: Vec<u8>,
    /// When the request under way was due; none when the connection is free.
    pub due: Option<Instant>,
}

impl Connection {
    /// Connects; replies are announced with this token.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn open(address: SocketAddr, token: Token, registry: &Registry) -> io::Result<Self> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self {
            stream,
            received: vec![0; BUFFER_BYTES],
            filled: 0,
            unsent: Vec::new(),
            due: None,
        })
    }

    /// Sends a request that was due then.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn send(&mut self, request: &[u8], due: Instant) -> io::Result<()> {
        self.due = Some(due);
        let written = match self.stream.write(request) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            written => written?,
        };
        self.unsent.extend_from_slice(&request[written..]);
        Ok(())
    }

    /// Sends what the socket had no room for.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn flush(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                written => drop(self.unsent.drain(..written?)),
            }
        }
        Ok(())
    }

    /// Reads what has come and hands over the reply if it is complete. Then the connection is free again.
    ///
    /// # Errors
    /// The connection is broken or at its end, or what came is no reply.
    pub fn receive<T>(
        &mut self,
        answered: impl FnOnce(&Reply<'_>, Instant) -> T,
    ) -> Result<Option<T>, String> {
        loop {
            let room = &mut self.received[self.filled..];
            let room_bytes = room.len();
            let read = match self.stream.read(room) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                read => read.map_err(|error| error.to_string())?,
            };
            if read == 0 {
                return Err("the service closed a connection".to_owned());
            }
            self.filled += read;
            let Some(due) = self.due else {
                return Err("a reply that nobody asked for".to_owned());
            };
            if let Some(reply) = reply::read(&self.received[..self.filled])? {
                if reply.length != self.filled {
                    return Err("more than one reply to a request".to_owned());
                }
                if reply.closes {
                    return Err(format!(
                        "the service ends a connection with status {}",
                        reply.status
                    ));
                }
                let result = answered(&reply, due);
                self.filled = 0;
                self.due = None;
                return Ok(Some(result));
            }
            if read < room_bytes {
                // The socket is empty; what comes next is announced.
                return Ok(None);
            }
            if self.filled == self.received.len() {
                return Err("a reply of more than 16 KiB".to_owned());
            }
        }
    }
}
