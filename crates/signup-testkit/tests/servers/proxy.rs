use std::io::ErrorKind;
use std::time::{Duration, Instant};

use signup_testkit::{TcpProxy, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);
/// Much longer than an answer takes that comes at all.
const SILENCE: Duration = Duration::from_millis(200);

/// A server that sends back whatever it receives, and the proxy in front of it.
async fn echo() -> TcpProxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    TcpProxy::start(&target)
}

async fn ask(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"ping").await?;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await?;
    assert_eq!(&answer, b"ping");
    Ok(())
}

async fn ask_anew(proxy: &TcpProxy) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(proxy.address()).await?;
    ask(&mut stream).await?;
    Ok(stream)
}

#[tokio::test]
async fn a_cut_closes_connections_and_refuses_new_ones_until_it_is_restored() {
    let proxy = echo().await;
    let mut before = ask_anew(&proxy).await.unwrap();

    proxy.cut();

    assert!(ask(&mut before).await.is_err());
    let refused = TcpStream::connect(proxy.address()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

    proxy.restore();

    ask_anew(&proxy).await.unwrap();
}

#[tokio::test]
async fn a_frozen_line_accepts_and_stays_silent_until_it_is_restored() {
    let proxy = echo().await;
    let mut before = ask_anew(&proxy).await.unwrap();

    proxy.freeze();

    let mut new = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(timeout(SILENCE, ask(&mut new)).await.is_err());
    assert!(timeout(SILENCE, ask(&mut before)).await.is_err());

    proxy.restore();

    for stream in [&mut before, &mut new] {
        let mut late = [0; 4];
        stream.read_exact(&mut late).await.unwrap();
        ask(stream).await.unwrap();
    }
}

#[tokio::test]
async fn a_delay_holds_up_both_directions() {
    let proxy = echo().await;
    let mut stream = ask_anew(&proxy).await.unwrap();
    let delay = Duration::from_millis(60);

    proxy.delay(delay);

    let begun = Instant::now();
    ask(&mut stream).await.unwrap();
    assert!(begun.elapsed() >= 2 * delay, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn open_connections_are_counted() {
    let proxy = echo().await;
    assert_eq!(proxy.open_connections(), 0);

    let (one, _other) = (
        ask_anew(&proxy).await.unwrap(),
        ask_anew(&proxy).await.unwrap(),
    );
    assert_eq!(proxy.open_connections(), 2);

    drop(one);
    eventually(PATIENCE, || async {
        match proxy.open_connections() {
            1 => Ok(()),
            open => Err(format!("{open} are open")),
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_of_a_dead_target_is_hung_up_on() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = free.local_addr().unwrap().to_string();
    drop(free);
    let proxy = TcpProxy::start(&target);

    assert!(ask_anew(&proxy).await.is_err());
}

#[tokio::test]
async fn a_url_keeps_everything_but_its_server() {
    let (proxy, url) = TcpProxy::start_for("amqp://user:secret@127.0.0.1:1/vhost?heartbeat=5");

    let port = proxy.address().port();
    assert_eq!(
        url,
        format!("amqp://user:secret@127.0.0.1:{port}/vhost?heartbeat=5")
    );
}
