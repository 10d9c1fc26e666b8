use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use serde_json::Value;

use crate::acme::{Acme, refusal};

#[tokio::test]
async fn a_service_with_its_database_is_alive_and_ready() {
    let acme = Acme::start().await;
    for path in ["/health/live", "/health/ready"] {
        let response = acme.get(path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["status"], "ok");
    }
}

#[tokio::test]
async fn probes_take_no_other_method() {
    let acme = Acme::start().await;
    let response = acme.post("/health/live").send().await.unwrap();
    assert_eq!(response.headers()["allow"], "GET, HEAD");
    refusal(response, 405).await;
}

#[tokio::test]
async fn metrics_are_on_their_own_port_only() {
    let acme = Acme::start().await;
    refusal(acme.get("/metrics").send().await.unwrap(), 404).await;
    let url = format!("http://{}/metrics", acme.metrics_address);
    let response = acme.client.get(url).send().await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "text/plain; version=0.0.4"
    );
}

#[tokio::test]
async fn a_service_without_its_database_is_alive_but_not_ready() {
    let acme = Acme::start().await;
    let path = acme.directory.path().join("acme.db");
    let mut database = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    database
        .batch_execute("DROP TABLE declaration_revision")
        .unwrap();
    let ready = acme.get("/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), 503);
    let body: Value = ready.json().await.unwrap();
    assert_eq!(body["database"], "unavailable");
    let live = acme.get("/health/live").send().await.unwrap();
    assert_eq!(live.status(), 200);
}
