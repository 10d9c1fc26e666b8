//! Calls from web pages.

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};

use crate::gateway::{APP, Gateway};

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

async fn headers(request: RequestBuilder, origin: &str) -> (u16, HeaderMap) {
    let response = request.header("origin", origin).send().await.unwrap();
    assert_eq!(response.headers()["vary"], "Origin");
    assert!(
        !response
            .headers()
            .contains_key("access-control-allow-credentials")
    );
    (response.status().as_u16(), response.headers().clone())
}

#[tokio::test]
async fn a_preflight_allows_what_the_sdk_sends() {
    let gateway = Gateway::start().await;
    for path in ["/user", "/vfc"] {
        let request = gateway
            .request(Method::OPTIONS, path)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,x-ca-key");
        let (status, headers) = headers(request, "https://shop.example").await;
        assert_eq!(status, 204);
        assert_eq!(headers[ALLOW_ORIGIN], "https://shop.example");
        assert_eq!(headers["access-control-allow-methods"], "POST");
        let allowed = headers["access-control-allow-headers"].to_str().unwrap();
        for name in [
            "authorization",
            "apiv",
            "content-type",
            "x-ca-key",
            "x-ca-nonce",
            "x-ca-stage",
            "x-ca-timestamp",
            "x-ca-version",
            "x-ca-signature",
            "x-ca-signature-headers",
        ] {
            assert!(
                allowed.split(", ").any(|allowed| allowed == name),
                "{name}: {allowed}"
            );
        }
    }
}

#[tokio::test]
async fn a_page_reads_replies_to_the_tokens_of_apps_that_allow_it() {
    let gateway = Gateway::start().await;
    for (app, origin, is_allowed) in [
        (APP, "https://shop.example", true),
        (APP, "https://many.example", false),
        (APP, "http://shop.example", false),
        (APP, "https://shop.example.evil.example", false),
        (APP, "null", false),
        ("MultApp1", "http://localhost:3000", true),
        ("MailApp1", "https://shop.example", false),
        ("TwinApp1", "https://anybody.example", true),
    ] {
        let token = gateway.app_token(app);
        let (status, headers) = headers(gateway.post_as(&token, "/user"), origin).await;
        assert_eq!(status, 200);
        assert_eq!(
            headers.contains_key(ALLOW_ORIGIN),
            is_allowed,
            "{app} {origin}"
        );
        if is_allowed {
            assert_eq!(headers[ALLOW_ORIGIN], origin);
            let exposed = headers["access-control-expose-headers"].to_str().unwrap();
            for name in ["x-ca-request-id", "x-ca-error-code", "x-ca-error-message"] {
                assert!(exposed.contains(name), "{exposed}");
            }
        }
    }
}

#[tokio::test]
async fn an_origin_that_only_closed_shops_allow_gets_nothing() {
    let gateway = Gateway::start().await;
    // The shop that allows every origin would hide it.
    let declarations = include_str!("declarations.toml").replace("origins = [\"*\"]", "");
    gateway.service.apply(&declarations).await;
    for origin in ["https://closed.example", "https://stranger.example"] {
        let (status, headers) = headers(gateway.request(Method::OPTIONS, "/user"), origin).await;
        assert_eq!(status, 204);
        for name in [
            ALLOW_ORIGIN,
            "access-control-allow-headers",
            "access-control-allow-methods",
        ] {
            assert!(!headers.contains_key(name), "{origin} {name}");
        }
    }
}

#[tokio::test]
async fn a_page_can_read_why_its_token_was_refused() {
    let gateway = Gateway::start().await;
    let origin = "https://shop.example";
    let (status, refused) = headers(gateway.post_as("x", "/user"), origin).await;
    assert_eq!(
        (status, &refused[ALLOW_ORIGIN]),
        (401, &origin.parse().unwrap())
    );
    let too_large = gateway.post("/user").body(vec![b'x'; 70_000]);
    let (status, refused) = headers(too_large, origin).await;
    assert_eq!(
        (status, &refused[ALLOW_ORIGIN]),
        (413, &origin.parse().unwrap())
    );
}

#[tokio::test]
async fn without_an_origin_nothing_is_allowed() {
    let gateway = Gateway::start().await;
    let response = gateway.post("/user").send().await.unwrap();
    assert_eq!(response.headers()["vary"], "Origin");
    assert!(!response.headers().contains_key(ALLOW_ORIGIN));
}
