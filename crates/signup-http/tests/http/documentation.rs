use serde_json::Value;

use crate::acme::Acme;

#[tokio::test]
async fn the_openapi_document_is_served_as_it_is() {
    let acme = Acme::start().await;
    let response = acme.get("/openapi.json").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    let document: Value = response.json().await.unwrap();
    assert_eq!(document["info"]["title"], "Acme");
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[tokio::test]
async fn the_page_shows_operations_headers_fields_examples_and_errors() {
    let acme = Acme::start().await;
    let response = acme.get("/docs").send().await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "text/html; charset=utf-8"
    );
    let page = response.text().await.unwrap();
    for part in [
        "<title>Acme</title>",
        "<span class=\"method\">POST</span> <code>/sign-up</code>",
        "<code>Idempotency-Key</code>",
        "Makes it <code>once</code>.",
        "<code>email</code></th><td>string</td><td>required</td>",
        "One of <code>ios</code>, <code>android</code>.",
        "&quot;email&quot;: &quot;ann@example.com&quot;",
        "&quot;uid&quot;: &quot;u1&quot;",
        "<caption>Errors</caption>",
        "Too often.",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
}

#[tokio::test]
async fn the_page_runs_nothing_and_loads_nothing() {
    let acme = Acme::start().await;
    let response = acme.get("/docs").send().await.unwrap();
    let policy = response.headers()["content-security-policy"].clone();
    let policy = policy.to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    assert!(!policy.contains("unsafe"));
    let page = response.text().await.unwrap();
    assert!(page.contains("Signs &lt;b&gt;people&lt;/b&gt; up."));
    for outside in ["<script", "http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside} is in the page");
    }
}
