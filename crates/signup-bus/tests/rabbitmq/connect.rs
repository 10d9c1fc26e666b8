use std::net::TcpListener;
use std::time::{Duration, Instant};

use signup_bus::rabbitmq::DeadLetters;
use signup_testkit::TestBroker;
use url::Url;

use super::options;

async fn refusal(url: &str) -> String {
    let opened = DeadLetters::open(options(url)).await;
    opened.err().expect("no connection").to_string()
}

#[tokio::test]
async fn a_wrong_password_is_explained_and_never_shown() {
    let broker = TestBroker::create();
    let mut url = Url::parse(broker.url()).unwrap();
    url.set_password(Some("hunter2hunter2")).unwrap();
    let error = refusal(url.as_str()).await;
    assert!(error.contains("does not accept the password"), "{error}");
    assert!(error.contains(url.username()), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn an_unknown_vhost_is_explained() {
    let broker = TestBroker::create();
    let mut url = Url::parse(broker.url()).unwrap();
    url.set_path("nowhere");
    let error = refusal(url.as_str()).await;
    assert!(error.contains("nowhere"), "{error}");
    assert!(error.contains("add_vhost"), "{error}");
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_explained() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = refusal(&format!("amqp://me:hunter2@127.0.0.1:{port}/x")).await;
    assert!(
        error.contains(&format!("amqp://127.0.0.1:{port}/x")),
        "{error}"
    );
    assert!(error.contains("start RabbitMQ"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_given_up_and_its_socket_closed() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let begin = Instant::now();
    let error = refusal(&format!("amqp://me:secret@127.0.0.1:{port}/x")).await;
    assert!(error.contains("no answer"), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(20));

    // The other side sees the end, so nothing here holds the connection any more.
    let (mut peer, _) = silent.accept().unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    std::io::copy(&mut peer, &mut std::io::sink()).unwrap();
}

#[tokio::test]
async fn a_peer_that_speaks_something_else_is_explained() {
    let web = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = web.local_addr().unwrap().port();
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        while let Ok((mut peer, _)) = web.accept() {
            let _ = peer.read(&mut [0; 8]);
            let _ = peer.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let error = refusal(&format!("amqp://me:secret@127.0.0.1:{port}/x")).await;
    assert!(error.contains("cannot connect"), "{error}");
}

#[tokio::test]
async fn a_ca_file_that_is_missing_is_named() {
    let mut options = options("amqps://me:secret@127.0.0.1:1/x");
    options.ca_file = Some("/no/such/ca.pem".into());
    let error = DeadLetters::open(options).await.err().unwrap().to_string();
    assert!(error.contains("bus.ca_file /no/such/ca.pem"), "{error}");
}
