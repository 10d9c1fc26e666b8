//! Paths, methods, versions, media types and sizes.

use reqwest::Method;
use signup_testkit::TestDatabase;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::bytepower::{
    Bytepower, CLIENT_SEND_CODE, CLIENT_SIGN_UP, SEND_CODE, SIGN_UP, TOKEN, answer, by_name,
};

const PATHS: [&str; 4] = [SIGN_UP, CLIENT_SIGN_UP, SEND_CODE, CLIENT_SEND_CODE];

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let service = Bytepower::start().await;
    for path in [
        "/",
        "/bp/server/user/signup/",
        "/bp/server/user",
        "/BP/server/user/signup",
    ] {
        let body = by_name("ann").to_string();
        answer(service.server_request(path, "shop", &body))
            .await
            .is_error(404, "not_found", "there is nothing at this address.");
    }
}

#[tokio::test]
async fn another_method_is_not_allowed() {
    let service = Bytepower::start().await;
    for path in PATHS {
        for method in [
            "GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let refused = answer(service.http.request(method, service.url(path))).await;
            let message = "this method is not allowed here.";
            refused.is_error(405, "method_not_allowed", message);
            assert_eq!(refused.header("allow"), "POST");
        }
        let head = answer(service.http.head(service.url(path))).await;
        assert_eq!((head.status, head.header("allow")), (405, "POST"));
    }
}

#[tokio::test]
async fn another_version_of_the_api_is_refused() {
    let service = Bytepower::start().await;
    for path in PATHS {
        let request = service
            .server_request(path, "shop", "{}")
            .header("accept", "application/vnd.bytepower.v2+json");
        answer(request)
            .await
            .is_error(400, "invalid_api_version", "api version is not valid.");
    }
}

#[tokio::test]
async fn callers_that_name_no_version_get_version_1() {
    let service = Bytepower::start().await;
    let body = |name| by_name(name).to_string();
    answer(service.server_request(SIGN_UP, "shop", &body("none")))
        .await
        .user();
    for (name, accept) in [
        ("any", "*/*"),
        ("json", "application/json"),
        ("seed", "application/vnd.bytepower.v1+json"),
    ] {
        let request = service.server_request(SIGN_UP, "shop", &body(name));
        answer(request.header("accept", accept)).await.user();
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let service = Bytepower::start().await;
    let token = service.token("shop");
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json; charset=gbk",
        "",
    ] {
        for path in [SIGN_UP, SEND_CODE] {
            let request = service
                .http
                .post(service.url(path))
                .header(TOKEN, &token)
                .header("content-type", content_type)
                .body(by_name("ann").to_string());
            let message = "the request body must be application/json in UTF-8.";
            answer(request)
                .await
                .is_error(415, "unsupported_media_type", message);
        }
    }
    for (name, content_type) in [
        ("a", "application/json;charset=UTF-8"),
        ("b", "Application/JSON ; charset=\"utf-8\""),
    ] {
        let request = service
            .http
            .post(service.url(SIGN_UP))
            .header(TOKEN, &token)
            .header("content-type", content_type)
            .body(by_name(name).to_string());
        answer(request).await.user();
    }
}

#[tokio::test]
async fn a_body_has_at_most_65536_bytes() {
    let service = Bytepower::start().await;
    let body = by_name("ann").to_string();
    let padded = |length: usize| body.clone() + &" ".repeat(length - body.len());
    for path in [SIGN_UP, SEND_CODE] {
        answer(service.server_request(path, "shop", &padded(65_537)))
            .await
            .is_error(413, "payload_too_large", "the request body is too large.");
    }
    answer(service.client_request(CLIENT_SIGN_UP, "shop", &padded(65_537)))
        .await
        .is_error(413, "payload_too_large", "the request body is too large.");
    answer(service.server_request(SIGN_UP, "shop", &padded(65_536)))
        .await
        .user();
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_refused() {
    let service = Bytepower::start_with(TestDatabase::sqlite(), |builder| {
        builder.setting("http.body_timeout", "200ms")
    })
    .await;
    let address = service.url("").replace("http://", "");
    let mut connection = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST {SIGN_UP} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut reply = String::new();
    connection.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    let body = r#"{"error":{"error_type":"request_timeout","message":"the request did not arrive in time."}}"#;
    assert!(reply.ends_with(body), "{reply}");
}
