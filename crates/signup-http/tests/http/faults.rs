use reqwest::Method;

use crate::acme::{Acme, refusal};

#[tokio::test]
async fn an_unknown_route_is_refused_in_the_providers_envelope() {
    let acme = Acme::start().await;
    for path in [
        "/nope",
        "/things",
        "/things/",
        "/things/1/2",
        "//echo",
        "/echo/",
        "/health/",
        "/metrics",
    ] {
        assert_eq!(
            refusal(acme.get(path).send().await.unwrap(), 404).await,
            "not found"
        );
    }
}

#[tokio::test]
async fn odd_percent_encoding_is_refused_in_the_providers_envelope() {
    let acme = Acme::start().await;
    for path in [
        "/%ff",
        "/%zz",
        "/things/%ff",
        "/things/%00",
        "/things/%2f",
        "/things/%",
        "/things/1%",
    ] {
        refusal(acme.get(path).send().await.unwrap(), 404).await;
    }
}

#[tokio::test]
async fn another_method_is_refused_with_the_allowed_ones() {
    let acme = Acme::start().await;
    let url = format!("http://{}/echo", acme.address);
    for method in ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let response = acme.client.request(method, &url).send().await.unwrap();
        assert_eq!(response.headers()["allow"], "POST, GET, HEAD");
        assert_eq!(refusal(response, 405).await, "method not allowed");
    }
}

#[tokio::test]
async fn head_is_answered_where_get_is() {
    let acme = Acme::start().await;
    let url = format!("http://{}/echo", acme.address);
    let response = acme.client.head(url).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), "");
}

#[tokio::test]
async fn a_method_that_a_plain_actix_resource_refuses_has_the_envelope_too() {
    let acme = Acme::start().await;
    let response = acme.get("/foreign").send().await.unwrap();
    assert_eq!(refusal(response, 405).await, "method not allowed");
}

#[tokio::test]
async fn an_error_of_the_framework_tells_nothing_of_its_inside() {
    let acme = Acme::start().await;
    let response = acme.post("/foreign").send().await.unwrap();
    assert_eq!(refusal(response, 500).await, "internal error");
}

#[tokio::test]
async fn a_panic_is_answered_and_the_connection_lives_on() {
    let acme = Acme::start().await;
    for _ in 0..3 {
        let response = acme.post("/panic").body("x").send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(refusal(response, 500).await, "internal error");
    }
    assert_eq!(acme.get("/echo").send().await.unwrap().status(), 200);
    let counted = "signup_http_requests_total{method=\"POST\",provider=\"acme\",route=\"/panic\",status=\"500\"} 3";
    assert!(acme.metrics().await.contains(counted));
}

#[tokio::test]
async fn when_to_come_back_is_told_in_whole_seconds() {
    let acme = Acme::start().await;
    let response = acme.get("/limited").send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(refusal(response, 429).await, "rate limited");
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let acme = Acme::start().await;
    for path in ["/echo", "/nope", "/health/live", "/limited"] {
        let response = acme.get(path).send().await.unwrap();
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert!(response.headers().contains_key("x-request-id"));
    }
}
