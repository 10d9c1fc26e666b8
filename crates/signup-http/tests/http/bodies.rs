use serde_json::Value;

use crate::acme::{Acme, chunked, refusal};

#[tokio::test]
async fn a_body_at_the_limit_is_taken() {
    let acme = Acme::start_with(&[("body_limit_bytes", "1024")]).await;
    let whole = acme.post("/echo").body(vec![b'x'; 1024]);
    let in_chunks = acme
        .post("/echo")
        .body(chunked(vec![vec![b'x'; 512], vec![b'x'; 512]]));
    for request in [whole, in_chunks] {
        let response = request.send().await.unwrap();
        assert_eq!(
            response.headers()["content-type"],
            "application/json;charset=UTF-8"
        );
        assert_eq!(response.json::<Value>().await.unwrap()["bytes"], 1024);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let acme = Acme::start_with(&[("body_limit_bytes", "1024")]).await;
    let whole = acme.post("/echo").body(vec![b'x'; 1025]);
    let in_chunks = acme
        .post("/echo")
        .body(chunked(vec![vec![b'x'; 512], vec![b'x'; 513]]));
    for request in [whole, in_chunks] {
        let response = request.send().await.unwrap();
        assert_eq!(refusal(response, 413).await, "payload too large");
    }
}

#[tokio::test]
async fn a_body_with_a_content_coding_is_refused() {
    let acme = Acme::start().await;
    for coding in ["gzip", "br", "identity, gzip"] {
        let request = acme.post("/echo").header("content-encoding", coding);
        let response = request.body("{}").send().await.unwrap();
        assert_eq!(response.headers()["accept-encoding"], "identity");
        assert_eq!(refusal(response, 415).await, "unsupported content encoding");
    }
    let request = acme.post("/echo").header("content-encoding", "Identity");
    let response = request.body("{}").send().await.unwrap();
    assert_eq!(response.json::<Value>().await.unwrap()["bytes"], 2);
}
