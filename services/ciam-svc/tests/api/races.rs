//! The same thing at once, on two servers with one database.

use futures_util::future::join_all;
use serde_json::{Value, json};
use signup_core::code::Channel::Sms;
use signup_testkit::{TestDatabase, TestService};

use crate::portal::{Answer, PHONE, Portal, merged};

struct Two(Portal, Portal);

impl Two {
    async fn on(database: TestDatabase) -> Self {
        let one = Portal::start_on(database).await;
        let other = Portal(TestService::start_beside(&one.0).await);
        Self(one, other)
    }

    /// Sends the same sign-up many times at once, half of them to each server.
    async fn sign_up(&self, client: &str, body: &Value, times: usize) -> Vec<Answer> {
        let both = [&self.0, &self.1].into_iter().cycle();
        join_all(both.take(times).map(|portal| portal.sign_up(client, body))).await
    }
}

/// Asserts that one of these answers is a new user and all others are one of these errors.
fn one_won(answers: &[Answer], errors: &[&str]) {
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    won[0].sub();
    for answer in lost {
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(errors.contains(&error.as_str()), "{}", answer.body);
        answer.refuses(400, &format!(r#"{{"error":"{error}"}}"#));
    }
}

#[tokio::test]
async fn of_100_sign_ups_with_one_user_name_one_wins() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres()] {
        let two = Two::on(database).await;
        let body = json!({"username": "ann", "password": "correct horse"});
        let answers = two.sign_up("names", &body, 100).await;
        one_won(&answers, &["duplicate_username"]);
        assert_eq!(two.0.0.user_count().await, 1);
        assert_eq!(two.0.0.events_of("signup.user.created.v1").await.len(), 1);
    }
}

#[tokio::test]
async fn of_100_sign_ups_with_one_code_one_wins() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres()] {
        let two = Two::on(database).await;
        let body = two.0.proof("phones", Sms, PHONE).await;
        let answers = two.sign_up("phones", &body, 100).await;
        // A code is used up together with the number, so whoever comes later holds a used code.
        one_won(&answers, &["bad_phone_number_otp"]);
        assert_eq!(two.0.0.user_count().await, 1);
        assert_eq!(two.0.0.events_of("signup.user.created.v1").await.len(), 1);
    }
}

#[tokio::test]
async fn wrong_tries_count_on_all_servers_together() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres()] {
        let two = Two::on(database).await;
        let body = two.0.proof("phones", Sms, PHONE).await;
        let guess = merged([body.clone(), json!({"phone_number_otp": "wrong"})]);
        for answer in two.sign_up("phones", &guess, 5).await {
            answer.refuses(400, r#"{"error":"bad_phone_number_otp"}"#);
        }
        let answer = two.1.sign_up("phones", &body).await;
        answer.refuses(400, r#"{"error":"bad_phone_number_otp"}"#);
    }
}

#[tokio::test]
async fn sending_limits_hold_on_all_servers_together() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres()] {
        let two = Two::on(database).await;
        let both = [&two.0, &two.1].into_iter().cycle().take(20);
        let answers = join_all(both.map(|portal| portal.send_code("phones", Sms, PHONE))).await;
        let sent = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(sent, 1);
        for refused in answers.iter().filter(|answer| answer.status != 200) {
            refused.refuses(
                400,
                r#"{"error":"sms_rate_limit_exceeded","error_description":"SMS rate limit exceeded for same phone number"}"#,
            );
        }
    }
}
