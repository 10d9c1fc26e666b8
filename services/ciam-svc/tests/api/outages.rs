//! Without the database or time to hash, nobody is signed up, and the client learns when to come back.

use std::path::Path;

use ciam_svc::declarations;
use serde_json::json;
use signup_app::apply;
use signup_core::code::Channel::{Email, Sms};
use signup_testkit::TestDatabase;

use crate::portal::{DECLARATIONS, EMAIL, PHONE, Portal};

const UNAVAILABLE: &str = r#"{"error":"temporarily_unavailable"}"#;
const SEND_FAILED: &str = r#"{"error":"temporarily_unavailable","error_description":"Failed to send OTP. Please try again later."}"#;

#[tokio::test]
async fn without_the_database_everything_waits() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres()] {
        let settings = [
            ("database.statement_timeout", "200ms"),
            ("database.pool_wait", "500ms"),
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
        drop(broken);
        portal.sign_up("phones", &body).await.sub();
    }
}

#[tokio::test]
async fn a_password_that_cannot_be_hashed_in_time_is_refused_at_once() {
    let settings = [("hash.cost", "15"), ("http.request_deadline", "100ms")];
    let portal = Portal::with_settings(TestDatabase::sqlite(), &settings).await;
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
    let plan = apply::plan(&stored, &[declared], &app.keys, app.clock.now()).unwrap();
    app.store.change_declarations(plan.changes).await.unwrap();
    assert!(app.catalog.refresh(&app.store, &app.keys).await.unwrap());
    for path in ["/signup", "/otp/send"] {
        let answer = portal
            .post("names", path, &json!({"username": "ann"}))
            .await;
        answer.refuses(500, r#"{"error":"server_error"}"#);
    }
}
