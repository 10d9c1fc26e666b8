//! Clients that are slow, greedy or broken, byte by byte.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::acme::Acme;

/// Longer than any timeout of the server under test; only a hang takes this long.
const LONG: Duration = Duration::from_secs(20);

/// Sends bytes and reads until the server closes the connection.
async fn exchange(acme: &Acme, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(acme.address).await.unwrap();
    // The server may refuse before it has read everything.
    let _ = stream.write_all(bytes).await;
    read_all(&mut stream).await
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A connection that is reset after the answer is closed as well.
    let _ = timeout(LONG, stream.read_to_end(&mut answer))
        .await
        .expect("the server hangs");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_body_that_does_not_come_is_refused_in_the_providers_envelope() {
    let acme = Acme::start_with(&[("body_timeout", "1s")]).await;
    let answer = exchange(
        &acme,
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("{\"acme\":\"request timeout\""), "{answer}");
}

#[tokio::test]
async fn headers_that_do_not_come_end_the_connection() {
    let acme = Acme::start_with(&[("header_timeout", "1s")]).await;
    exchange(&acme, b"POST /echo HTTP/1.1\r\nHost: a\r\nX-").await;
}

#[tokio::test]
async fn a_body_announced_too_large_is_refused_before_it_is_sent() {
    let acme = Acme::start().await;
    for length in ["65537", "18446744073709551615"] {
        let request = format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        let answer = exchange(&acme, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(
            answer.contains("{\"acme\":\"payload too large\""),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut_off_whether_or_not_anybody_reads_it() {
    let acme = Acme::start().await;
    for (path, status) in [("/echo", 413), ("/nope", 404), ("/foreign", 500)] {
        let mut stream = TcpStream::connect(acme.address).await.unwrap();
        let (mut read, mut write) = stream.split();
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        write.write_all(head.as_bytes()).await.unwrap();
        let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
        let endless = async { while write.write_all(chunk.as_bytes()).await.is_ok() {} };
        let answer = async {
            let mut answer = vec![0; 12];
            read.read_exact(&mut answer).await.unwrap();
            String::from_utf8(answer).unwrap()
        };
        let (answer, ()) = timeout(LONG, async { tokio::join!(answer, endless) })
            .await
            .expect("the server reads on and on");
        assert_eq!(answer, format!("HTTP/1.1 {status}"));
    }
}

#[tokio::test]
async fn a_broken_chunked_body_is_refused_in_the_providers_envelope() {
    let acme = Acme::start().await;
    let answer = exchange(
        &acme,
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_the_server_lives_on() {
    let acme = Acme::start().await;
    let huge = format!(
        "GET /echo HTTP/1.1\r\nHost: a\r\nX-Huge: {}\r\n\r\n",
        "x".repeat(200_000)
    );
    let many = format!(
        "GET /echo HTTP/1.1\r\nHost: a\r\n{}\r\n",
        "X-Many: x\r\n".repeat(5_000)
    );
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(200_000));
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"GET\r\n\r\n",
        b"GET /echo HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        huge.as_bytes(),
        many.as_bytes(),
        long.as_bytes(),
    ] {
        let answer = exchange(&acme, bytes).await;
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{shown}: {answer}"
        );
    }
    assert_eq!(acme.get("/echo").send().await.unwrap().status(), 200);
}
