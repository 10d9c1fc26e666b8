//! `--health-check`

use std::io::{self, BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::health::LIVE;

/// How long each step may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Asks a service on this machine for its liveness, for containers that have no shell and no curl.
pub(super) fn ask(listens_on: SocketAddr) -> io::Result<()> {
    let ip = match listens_on.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let address = SocketAddr::new(ip, listens_on.port());
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(
        stream,
        "GET {LIVE} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut status_line = String::new();
    BufReader::new(stream).read_line(&mut status_line)?;
    if status_line.starts_with("HTTP/1.1 200 ") {
        Ok(())
    } else {
        Err(io::Error::other(format!(
            "{address} answered {:?}",
            status_line.trim_end()
        )))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn answering(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // All of it: closing with something unread would reset the connection.
            let mut lines = BufReader::new(&stream).lines().map(Result::unwrap);
            assert_eq!(lines.next().unwrap(), "GET /health/live HTTP/1.1");
            assert!(lines.any(|line| line.is_empty()));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    #[test]
    fn the_health_check_believes_a_200_only() {
        assert!(ask(answering("HTTP/1.1 200 OK\r\n\r\n")).is_ok());
        let refused = ask(answering("HTTP/1.1 503 Service Unavailable\r\n\r\n"));
        assert!(refused.unwrap_err().to_string().contains("503"));
        assert!(ask(answering("")).is_err());
    }

    #[test]
    fn a_service_that_listens_everywhere_is_asked_on_this_machine() {
        let port = answering("HTTP/1.1 200 OK\r\n\r\n").port();
        assert!(ask(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)).is_ok());
    }
}
