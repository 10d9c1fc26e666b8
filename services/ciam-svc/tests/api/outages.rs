//! Without the database or time to hash, nobody is signed up, and the client learns when to come back.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ciam_svc::declarations;
use serde_json::json;
use signup_app::{App, apply};
use signup_core::code::Channel::{Email, Sms};
use signup_core::password::Password;
use signup_testkit::{TestDatabase, eventually};

use crate::portal::{DECLARATIONS, EMAIL, PHONE, Portal, send};

const UNAVAILABLE: &str = r#"{"error":"temporarily_unavailable"}"#;
const SEND_FAILED: &str = r#"{"error":"temporarily_unavailable","error_description":"Failed to send OTP. Please try again later."}"#;

#[tokio::test]
async fn without_the_database_everything_waits() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres()] {
        let settings = [
            ("database.statement_timeout", "1s"),
            ("database.pool_wait", "2s"),
        ];
        let portal = Portal::with_settings(database, &settings).await;
        let body = portal.proof("phones", Sms, PHONE).await;
        let broken = portal.0.break_database();
        let answer = portal.sign_up("phones", &body).await;
        answer.refuses(503, UNAVAILABLE);
        assert_eq!(answer.header("retry-after"), Some("5"));
        let mut guess = body.clone();
        guess["phone_number_otp"] = json!("wrong");
        // A code that cannot be counted as tried is neither right nor wrong.
        portal
            .sign_up("phones", &guess)
            .await
            .refuses(503, UNAVAILABLE);
        let answer = portal.send_code("emails", Email, EMAIL).await;
        answer.refuses(503, SEND_FAILED);
        assert_eq!(answer.header("retry-after"), Some("5"));
        let body_with_key = json!({"usage": "signup", "email": EMAIL}).to_string();
        let request = portal.request("emails", "/otp/send").body(body_with_key);
        let answer = send(request.header("idempotency-key", "k")).await;
        answer.refuses(503, SEND_FAILED);
        drop(broken);
        eventually(Duration::from_secs(20), || async {
            let answer = portal.sign_up("phones", &body).await;
            (answer.status == 200).then_some(()).ok_or(answer.body)
        })
        .await;
    }
}

#[tokio::test]
async fn a_password_that_cannot_be_hashed_in_time_is_refused_at_once() {
    let settings = [("hash.threads", "1"), ("hash.queue", "8")];
    let portal = Portal::with_settings(TestDatabase::sqlite(), &settings).await;
    // One password keeps the only thread busy for a second or more on any machine, eight others fill the queue.
    let pool = &portal.0.app.hash_pool;
    let mut others = Vec::new();
    eventually(Duration::from_secs(20), || {
        let depth = pool.queue_depth();
        if depth < 8 {
            others.push(tokio::spawn(hash_at_length(Arc::clone(&portal.0.app))));
        }
        async move { (depth == 8).then_some(()).ok_or("a place in the queue") }
    })
    .await;
    let body = json!({"username": "ann", "password": "correct horse"});
    let answer = portal.sign_up("names", &body).await;
    answer.refuses(503, UNAVAILABLE);
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!(wait >= 1);
    // Who brings no password does not wait for those who do.
    portal
        .sign_up("names", &json!({"username": "ann"}))
        .await
        .sub();
    assert!(pool.queue_depth() > 0);
    others.iter().for_each(tokio::task::JoinHandle::abort);
}

/// Hashes for a second or more, and waits for its turn for an hour if need be; as a sign-up of the application that the
/// test is about, or that one would have its share of the places.
async fn hash_at_length(app: Arc<App>) {
    let password = Password::new("correct horse".to_owned()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(3600);
    let _ = app
        .hash_pool
        .hash("ciam/names", password, 15, deadline)
        .await;
}

#[tokio::test]
async fn a_fault_of_ours_says_nothing_about_itself() {
    let portal = Portal::start().await;
    let app = &portal.0.app;
    // As if a newer version had written the settings.
    let mut declared = declarations(Path::new("test.toml"), DECLARATIONS).unwrap();
    for application in &mut declared.applications {
        application.settings = json!({"kind": "from the future"});
    }
    let stored = app.store.declarations().await.unwrap();
    let now = app.clock.now();
    let plan = apply::plan(&app.store, &stored, &[declared], &app.keys, now)
        .await
        .unwrap();
    app.store.change_declarations(plan.changes).await.unwrap();
    assert!(app.catalog.refresh(&app.store, &app.keys).await.unwrap());
    for path in ["/signup", "/otp/send"] {
        let answer = portal
            .post("names", path, &json!({"username": "ann"}))
            .await;
        answer.refuses(500, r#"{"error":"server_error"}"#);
    }
}
