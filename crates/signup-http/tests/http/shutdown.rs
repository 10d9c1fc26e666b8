use std::time::Duration;

use signup_http::Provider;
use tokio::time::timeout;

use crate::acme::{ACME, Acme, GATE, NEVER};

const LONG: Duration = Duration::from_secs(20);

/// No worker thread of its server can start.
static BROKEN: Provider = Provider {
    routes: |_| panic!("as told"),
    ..ACME
};

#[tokio::test]
async fn a_server_that_fails_by_itself_does_not_wait_for_a_signal() {
    let broken = Acme::start_as(&BROKEN, &[]).await;
    let served = timeout(LONG, broken.server).await.unwrap().unwrap();
    assert!(served.is_err());
    assert!(!broken.shutdown.is_triggered());
}

#[tokio::test]
async fn accepted_requests_are_answered_before_the_server_stops() {
    let acme = Acme::start().await;
    // An idle connection must not hold the stop up.
    assert_eq!(acme.get("/echo").send().await.unwrap().status(), 200);
    let in_flight = tokio::spawn(acme.get("/gate").send());
    GATE.wait_for_request().await;
    let probe = reqwest::Client::builder().no_proxy().build().unwrap();
    acme.shutdown.trigger();

    // The server stops to accept while the request is still in flight.
    timeout(LONG, async {
        let live = format!("http://{}/health/live", acme.address);
        while probe.get(&live).send().await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert!(!acme.server.is_finished());

    GATE.open();
    let answer = timeout(LONG, in_flight).await.unwrap().unwrap().unwrap();
    assert_eq!(answer.status(), 200);
    timeout(LONG, acme.server).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_hold_the_stop_up_for_ever() {
    let acme = Acme::start_with(&[("shutdown_grace", "1s")]).await;
    let never = tokio::spawn(acme.get("/never").send());
    NEVER.wait_for_request().await;
    acme.shutdown.trigger();
    timeout(LONG, acme.server).await.unwrap().unwrap().unwrap();
    assert!(never.await.unwrap().is_err());
}

#[tokio::test]
async fn a_service_that_is_going_still_answers_and_ends_its_connections() {
    let acme = Acme::start_with(&[("shutdown_delay", "60s")]).await;
    let kept = acme.get("/echo").send().await.unwrap();
    assert_eq!(kept.headers().get("connection"), None);

    acme.shutdown.trigger();

    let ready = acme.get("/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), 503);
    let last = acme.get("/echo").send().await.unwrap();
    assert_eq!(
        (last.status().as_u16(), &last.headers()["connection"]),
        (200, &"close".parse().unwrap())
    );
    assert!(!acme.server.is_finished());
}
