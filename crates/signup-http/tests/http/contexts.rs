use reqwest::RequestBuilder;
use serde_json::Value;
use uuid::Uuid;

use crate::acme::Acme;

async fn seen(request: RequestBuilder) -> Value {
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_usable_request_id_is_kept_and_sent_back() {
    let acme = Acme::start().await;
    let request = acme.get("/echo").header("x-request-id", "order-17");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "order-17");
    let seen: Value = response.json().await.unwrap();
    assert_eq!(seen["request_id"], "order-17");
}

#[tokio::test]
async fn a_missing_or_unusable_request_id_is_replaced_by_a_uuid() {
    let acme = Acme::start().await;
    let long = "x".repeat(129);
    for id in ["", "two words", "quo\"te", &long] {
        let seen = seen(acme.get("/echo").header("x-request-id", id)).await;
        let id: Uuid = seen["request_id"].as_str().unwrap().parse().unwrap();
        assert_eq!(id.get_version_num(), 7);
    }
    let twice = acme.get("/echo").header("x-request-id", "a");
    let seen = seen(twice.header("x-request-id", "b")).await;
    assert!(seen["request_id"].as_str().unwrap().parse::<Uuid>().is_ok());
}

#[tokio::test]
async fn language_and_trace_travel_with_the_request() {
    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let acme = Acme::start().await;
    let request = acme.get("/echo").header("traceparent", TRACE);
    let told = seen(request.header("accept-language", "fr, en;q=0.5")).await;
    assert_eq!(told["trace_parent"], TRACE);
    assert_eq!(told["language"], "English");

    let untold = seen(acme.get("/echo").header("traceparent", "00-xyz")).await;
    assert_eq!(untold["trace_parent"], Value::Null);
    assert_eq!(untold["language"], Value::Null);
}

#[tokio::test]
async fn only_a_trusted_proxy_can_set_the_clients_address() {
    let open = Acme::start().await;
    let forged = open.get("/echo").header("x-forwarded-for", "192.0.2.1");
    assert_eq!(seen(forged).await["client_ip"], "127.0.0.1");

    let behind_proxy = Acme::start_with(&[("trusted_proxies", "127.0.0.0/8")]).await;
    let request = behind_proxy.get("/echo");
    let request = request.header("x-forwarded-for", "198.51.100.9, 192.0.2.1");
    assert_eq!(seen(request).await["client_ip"], "192.0.2.1");
}

#[tokio::test]
async fn metrics_count_by_route_pattern_and_never_by_what_a_client_made_up() {
    let acme = Acme::start().await;
    for path in ["/things/1", "/things/2", "/made-up/1", "/made-up/2"] {
        acme.get(path).send().await.unwrap();
    }
    let method = reqwest::Method::from_bytes(b"MADEUP").unwrap();
    let url = format!("http://{}/echo", acme.address);
    acme.client.request(method, url).send().await.unwrap();

    let metrics = acme.metrics().await;
    for line in [
        "signup_http_requests_total{method=\"GET\",provider=\"acme\",route=\"/things/{id}\",status=\"200\"} 2",
        "signup_http_requests_total{method=\"GET\",provider=\"acme\",route=\"unmatched\",status=\"404\"} 2",
        "signup_http_requests_total{method=\"OTHER\",provider=\"acme\",route=\"/echo\",status=\"405\"} 1",
        "signup_http_request_duration_seconds_count{method=\"GET\",provider=\"acme\",route=\"/things/{id}\"} 2",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    assert!(!metrics.to_lowercase().contains("made"));
}
