//! Requests that are refused before the API's own rules are asked, in the API's own words all the same.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::json;
use signup_testkit::TestDatabase;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::portal::{Portal, basic, send};

const UNSUPPORTED: &str = r#"{"error":"unsupported_media_type","error_description":"The content type must be application/json in UTF-8."}"#;

#[tokio::test]
async fn a_body_has_at_most_64_kib() {
    let portal = Portal::start().await;
    let good = json!({"username": "ann"}).to_string();
    let at = |size: usize| good.clone() + &" ".repeat(size - good.len());
    let request = portal.request("names", "/signup").body(at(65_536));
    send(request).await.sub();
    for path in ["/signup", "/otp/send"] {
        let request = portal.request("names", path).body(at(65_537));
        send(request)
            .await
            .refuses(413, r#"{"error":"payload_too_large"}"#);
    }
}

#[tokio::test]
async fn a_body_is_json_and_says_so() {
    let portal = Portal::start().await;
    let post = |path: &str, content_type: Option<&str>, username: &str| {
        let request = portal.0.http.post(portal.0.url(path));
        let request = request
            .header(AUTHORIZATION, basic("names", &portal.secret("names")))
            .body(json!({"username": username}).to_string());
        match content_type {
            Some(content_type) => request.header(CONTENT_TYPE, content_type),
            None => request,
        }
    };
    for path in ["/signup", "/otp/send"] {
        for content_type in [
            None,
            Some(""),
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("application/jsonx"),
            Some("application/json; charset=gbk"),
        ] {
            send(post(path, content_type, "ann"))
                .await
                .refuses(415, UNSUPPORTED);
        }
    }
    for (username, content_type) in [
        ("u1", "application/json"),
        ("u2", "application/json;charset=UTF-8"),
        ("u3", "Application/JSON; charset=utf-8"),
    ] {
        send(post("/signup", Some(content_type), username))
            .await
            .sub();
    }
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let portal = Portal::start().await;
    for path in [
        "/",
        "/signup/",
        "/Signup",
        "/otp",
        "/otp/send/x",
        "/oauth2/token",
    ] {
        for method in [Method::GET, Method::POST] {
            let request = portal.0.http.request(method, portal.0.url(path));
            send(request).await.refuses(404, r#"{"error":"not_found"}"#);
        }
    }
}

#[tokio::test]
async fn another_method_is_not_allowed() {
    let portal = Portal::start().await;
    for path in ["/signup", "/otp/send"] {
        for method in [
            Method::GET,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
            Method::TRACE,
        ] {
            let request = portal.0.http.request(method, portal.0.url(path));
            let answer = send(request).await;
            answer.refuses(405, r#"{"error":"method_not_allowed"}"#);
            assert_eq!(answer.header("allow"), Some("POST"));
        }
    }
}

#[tokio::test]
async fn every_reply_names_its_request() {
    let portal = Portal::start().await;
    let request = portal.request("names", "/signup");
    let request = request.header("x-request-id", "order-17");
    let answer = send(request.body(r#"{"username":"ann"}"#)).await;
    answer.sub();
    assert_eq!(answer.header("x-request-id"), Some("order-17"));
    let event = &portal.0.events_of("signup.user.created.v1").await[0];
    assert_eq!(event["requestid"], "order-17");
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut_off() {
    let settings = [("http.body_timeout", "100ms")];
    let portal = Portal::with_settings(TestDatabase::sqlite(), &settings).await;
    let address = portal.0.url("").replace("http://", "");
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request =
        format!("POST /signup HTTP/1.1\r\nHost: {address}\r\nContent-Length: 9\r\n\r\n{{");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("content-type: application/json;charset=UTF-8\r\n"));
    assert!(
        answer.ends_with(r#"{"error":"request_timeout"}"#),
        "{answer}"
    );
}
