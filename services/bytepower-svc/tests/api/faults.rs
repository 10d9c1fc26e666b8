//! What callers see when something behind the service is gone or overloaded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use signup_app::App;
use signup_core::password::Password;
use signup_testkit::{TestDatabase, eventually};

use crate::bytepower::{
    Answer, Bytepower, PASSWORD, SIGN_UP, answer, by_email, by_name, with_code,
};

#[track_caller]
fn is_gateway(answer: &Answer) {
    answer.is_error(502, "gateway", "a service behind this one did not answer.");
}

#[tokio::test]
async fn without_its_database_the_service_says_that_it_is_not_the_callers_fault() {
    let service = Bytepower::start_on(TestDatabase::postgres()).await;
    let code = service.new_code("verified", "ann@example.com").await;
    let with_key = |name: &str| {
        let request = service.server_request(SIGN_UP, "shop", &by_name(name).to_string());
        answer(request.header("idempotency-key", "k"))
    };
    let broken = service.break_database();
    is_gateway(&service.sign_up("shop", &by_name("ann")).await);
    is_gateway(
        &service
            .sign_up("verified", &with_code("ann@example.com", &code))
            .await,
    );
    is_gateway(&service.ask_for_code("verified", "bob@example.com").await);
    is_gateway(&with_key("ann").await);
    // What needs no database is answered as ever.
    let refused = service
        .sign_up("verified", &by_email("ann@example.com"))
        .await;
    refused.is_wrong_code();
    drop(broken);
    eventually(Duration::from_secs(20), || async {
        let answer = with_key("ann").await;
        (answer.status == 200).then_some(()).ok_or(answer.body)
    })
    .await;
    let body = with_code("ann@example.com", &code);
    service.sign_up("verified", &body).await.user();
}

#[tokio::test]
async fn a_database_that_takes_no_writes_fails_the_sign_up_and_nothing_is_left_of_it() {
    let service = Bytepower::start().await;
    let broken = service.break_database();
    is_gateway(&service.sign_up("shop", &by_name("ann")).await);
    drop(broken);
    assert_eq!(service.user_count().await, 0);
    service.sign_up("shop", &by_name("ann")).await.user();
}

#[tokio::test]
async fn sign_ups_that_cannot_be_hashed_in_time_are_turned_away_at_once() {
    let service = Bytepower::start_with(TestDatabase::sqlite(), |builder| {
        builder
            .setting("hash.threads", "1")
            .setting("hash.queue", "8")
    })
    .await;
    // One password keeps the only thread busy for a second or more on any machine, eight others fill the queue.
    let pool = &service.app.hash_pool;
    let mut others = Vec::new();
    eventually(Duration::from_secs(20), || {
        let depth = pool.queue_depth();
        if depth < 8 {
            others.push(tokio::spawn(hash_at_length(Arc::clone(&service.app))));
        }
        async move { (depth == 8).then_some(()).ok_or("a place in the queue") }
    })
    .await;
    let message = "too many sign-ups at once, try again later.";
    for name in ["ann", "bob"] {
        let refused = service.sign_up("shop", &by_name(name)).await;
        refused.is_error(503, "service_busy", message);
        assert!(refused.retry_after() >= 1);
    }
    assert_eq!(service.user_count().await, 0);
    // Nobody waits for those any more, so the queue is free once the thread is.
    others.iter().for_each(tokio::task::JoinHandle::abort);
    eventually(Duration::from_secs(60), || async {
        let answer = service.sign_up("shop", &by_name("ann")).await;
        (answer.status == 200).then_some(()).ok_or(answer.body)
    })
    .await;
}

/// Hashes for a second or more, and waits for its turn for an hour if need be; as a sign-up of the application that the
/// test is about, or that one would have its share of the places.
async fn hash_at_length(app: Arc<App>) {
    let password = Password::new(PASSWORD.to_owned()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(3600);
    let _ = app
        .hash_pool
        .hash("bytepower/shop", password, 15, deadline)
        .await;
}
