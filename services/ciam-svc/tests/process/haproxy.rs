//! A real load balancer in front of processes that come and go.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use signup_testkit::eventually;
use tempfile::TempDir;

/// HAProxy with room for some servers. It asks each ten times per second whether it is ready, keeps connections, and
/// repeats nothing: a request that a server loses is lost. It is killed with this value.
pub struct Haproxy {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Haproxy {
    /// Starts it without any server.
    pub async fn start(places: usize) -> Self {
        let program = std::env::var_os("TEST_HAPROXY").expect(
            "TEST_HAPROXY names no HAProxy: run the tests with `make test` or scripts/with-haproxy",
        );
        let folder = tempfile::tempdir().unwrap();
        // Free at this moment; nobody else picks it so soon.
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let socket = folder.path().join("socket");
        let file = folder.path().join("haproxy.cfg");
        let settings = format!(
            "global\n  stats socket {socket} level admin\n\
             defaults\n  mode http\n  retries 0\n  timeout connect 1s\n  timeout client 10s\n  timeout server 10s\n\
             frontend all\n  bind 127.0.0.1:{port}\n  default_backend service\n\
             backend service\n  balance roundrobin\n  option httpchk GET /health/ready\n  \
             default-server check inter 100ms fall 1 rise 1\n  \
             server-template s 1-{places} 127.0.0.1:1 disabled\n",
            socket = socket.display(),
        );
        std::fs::write(&file, settings).unwrap();
        let child = Command::new(program)
            .arg("-f")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let proxy = Self {
            child,
            folder,
            port,
        };
        eventually(Duration::from_secs(10), || async {
            proxy.command("show info").map(drop)
        })
        .await;
        proxy
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Has it send requests to a server too, whose URL this is, and waits until it does. Places are counted from 1.
    pub async fn add(&self, place: usize, url: &str) {
        let address = url.trim_start_matches("http://");
        let (host, port) = address.split_once(':').unwrap();
        let server = format!("service/s{place}");
        self.command(&format!("set server {server} addr {host} port {port}"))
            .unwrap();
        self.command(&format!("set server {server} state ready"))
            .unwrap();
        let is_up = format!("service,s{place},");
        eventually(Duration::from_secs(10), || async {
            let states = self.command("show stat")?;
            let line = states.lines().find(|line| line.starts_with(&is_up));
            match line {
                Some(line) if line.contains(",UP,") => Ok(()),
                _ => Err(format!("{server} is not up: {line:?}")),
            }
        })
        .await;
    }

    fn command(&self, command: &str) -> Result<String, String> {
        let ask = || {
            let mut socket = UnixStream::connect(self.socket())?;
            writeln!(socket, "{command}")?;
            let mut answer = String::new();
            socket.read_to_string(&mut answer)?;
            std::io::Result::Ok(answer)
        };
        ask().map_err(|error| error.to_string())
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
