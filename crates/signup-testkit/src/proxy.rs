//! A bad line on purpose: a TCP proxy that can be cut, slowed down and frozen.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use url::Url;

/// Connections that the kernel accepts ahead of the proxy.
const BACKLOG: u32 = 256;

/// A free port of `127.0.0.1` in front of a database, broker, mail or web server. It closes with this value.
///
/// Every change holds when the method returns.
#[derive(Debug)]
pub struct TcpProxy {
    address: SocketAddr,
    line: watch::Sender<Line>,
    orders: mpsc::UnboundedSender<(Order, std::sync::mpsc::Sender<()>)>,
    open: Arc<()>,
    thread: Option<JoinHandle<()>>,
}

/// How data is passed on, in both directions.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    frozen: bool,
    delay: Duration,
}

#[derive(Debug)]
enum Order {
    Cut,
    Listen,
}

impl TcpProxy {
    /// Starts a proxy in front of `host:port`. Nothing needs to listen there yet.
    ///
    /// # Panics
    /// When there is no free port.
    #[must_use]
    pub fn start(target: &str) -> Self {
        let (line, line_seen) = watch::channel(Line::default());
        let (orders, orders_seen) = mpsc::unbounded_channel();
        let open = Arc::new(());
        let (started, address) = oneshot::channel();
        let relay = Relay {
            target: target.to_owned(),
            line: line_seen,
            open: Arc::clone(&open),
        };
        // A thread of its own, so that it works beside tests that block theirs.
        let thread = std::thread::spawn(move || relay.run(orders_seen, started));
        let address = std::thread::spawn(|| address.blocking_recv())
            .join()
            .unwrap()
            .expect("the proxy starts");
        Self {
            address,
            line,
            orders,
            open,
            thread: Some(thread),
        }
    }

    /// Starts a proxy in front of the server that a URL names, and returns it with the URL that leads through it.
    ///
    /// # Panics
    /// When the URL has no host or no port.
    #[must_use]
    pub fn start_for(url: &str) -> (Self, String) {
        let mut url = Url::parse(url).unwrap();
        let port = url
            .port_or_known_default()
            .expect("a URL with a port, as the proxy cannot guess it");
        let host = url.host_str().expect("a URL with a host");
        let proxy = Self::start(&format!("{host}:{port}"));
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(proxy.address.port())).unwrap();
        (proxy, url.into())
    }

    /// Where the proxy listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes all connections and refuses new ones, like a server that is down.
    pub fn cut(&self) {
        self.order(Order::Cut);
    }

    /// Lets every connection pass again, without delay. Those that were frozen go on.
    pub fn restore(&self) {
        self.line.send_replace(Line::default());
        self.order(Order::Listen);
    }

    /// Accepts connections but passes nothing on in either direction, like a line that swallows every packet: only a
    /// time limit tells.
    pub fn freeze(&self) {
        self.line.send_modify(|line| line.frozen = true);
    }

    /// Passes on every piece of data this much later.
    pub fn delay(&self, delay: Duration) {
        self.line.send_modify(|line| line.delay = delay);
    }

    /// How many connections are open.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        // Ours and the relay's are no connections.
        Arc::strong_count(&self.open) - 2
    }

    fn order(&self, order: Order) {
        let (done, wait) = std::sync::mpsc::channel();
        self.orders
            .send((order, done))
            .expect("the proxy is running");
        wait.recv().expect("the proxy obeys");
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        // The relay ends with its orders.
        self.orders = mpsc::unbounded_channel().0;
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed; a second one here would hide the test's own.
            let _ = thread.join();
        }
    }
}

/// The proxy's own side: it owns the listener and the connections.
struct Relay {
    target: String,
    line: watch::Receiver<Line>,
    open: Arc<()>,
}

impl Relay {
    #[tokio::main(flavor = "current_thread")]
    async fn run(
        self,
        mut orders: mpsc::UnboundedReceiver<(Order, std::sync::mpsc::Sender<()>)>,
        started: oneshot::Sender<SocketAddr>,
    ) {
        // Bound but deaf, it keeps the port ours while the listener is gone.
        let holder = bind(([127, 0, 0, 1], 0).into());
        let address = holder.local_addr().unwrap();
        let mut listener = Some(listen(address));
        let mut connections = JoinSet::new();
        started.send(address).unwrap();
        loop {
            tokio::select! {
                order = orders.recv() => {
                    let Some((order, done)) = order else { return };
                    match order {
                        Order::Cut => {
                            listener = None;
                            connections.shutdown().await;
                        }
                        Order::Listen => {
                            listener.get_or_insert_with(|| listen(address));
                        }
                    }
                    let _ = done.send(());
                }
                Ok(client) = accept(listener.as_ref()) => {
                    let open = Arc::clone(&self.open);
                    let pass = pass(client, self.target.clone(), self.line.clone());
                    connections.spawn(async move {
                        // An error has closed both sides, which is all that there is to tell.
                        let _ = pass.await;
                        drop(open);
                    });
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

fn bind(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

fn listen(address: SocketAddr) -> TcpListener {
    bind(address).listen(BACKLOG).unwrap()
}

/// Waits for ever without a listener.
async fn accept(listener: Option<&TcpListener>) -> std::io::Result<TcpStream> {
    match listener {
        Some(listener) => Ok(listener.accept().await?.0),
        None => std::future::pending().await,
    }
}

async fn pass(
    client: TcpStream,
    target: String,
    mut line: watch::Receiver<Line>,
) -> std::io::Result<()> {
    thawed(&mut line).await;
    let server = TcpStream::connect(target).await?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    tokio::try_join!(
        pump(from_client, to_server, line.clone()),
        pump(from_server, to_client, line),
    )?;
    Ok(())
}

/// Passes data on in one direction until its end, and then the end.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut line: watch::Receiver<Line>,
) -> std::io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut piece).await?;
        let delay = line.borrow().delay;
        if !delay.is_zero() {
            sleep(delay).await;
        }
        thawed(&mut line).await;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&piece[..length]).await?;
    }
}

async fn thawed(line: &mut watch::Receiver<Line>) {
    // An error means that the proxy ends.
    let _ = line.wait_for(|line| !line.frozen).await;
}
