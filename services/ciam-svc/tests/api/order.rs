//! The order in which faults are found. It keeps strangers from learning which addresses are registered.

use serde_json::json;
use signup_core::code::Channel::{Email, Sms};

use crate::portal::{EMAIL, PHONE, Portal, merged};

#[tokio::test]
async fn faults_are_found_in_the_documented_order() {
    let portal = Portal::start().await;
    let taken = json!({"username": "ann"});
    portal.sign_up("names", &taken).await.sub();
    let (phone_token, phone_code) = portal.code("all", Sms, PHONE).await;
    let (email_token, email_code) = portal.code("all", Email, EMAIL).await;
    let mut body = json!({
        "shoe_size": 38, "name": "not in this flow", "username": "1", "phone_number": "1", "email": "1",
        "password": "short", "phone_number_otp": "wrong", "email_otp": "wrong",
    });
    // Each fault, and what takes it away. What is null counts as left out.
    let steps = [
        (
            r#"{"error":"invalid_request","error_description":"Unknown attribute(s) found."}"#,
            json!({"shoe_size": null}),
        ),
        (
            r#"{"error":"invalid_request","error_description":"Unconfigured sign-up attribute(s) found."}"#,
            json!({"name": null}),
        ),
        (
            r#"{"error":"invalid_request","error_description":"Missing required sign-up attribute(s)."}"#,
            json!({"nickname": "\n"}),
        ),
        (
            r#"{"error":"invalid_username"}"#,
            json!({"username": "ANN"}),
        ),
        (
            r#"{"error":"malformed_phone_number"}"#,
            json!({"phone_number": PHONE}),
        ),
        (r#"{"error":"malformed_email"}"#, json!({"email": EMAIL})),
        (
            r#"{"error":"illegal_parameter_value","error_description":"Illegal value of attribute nickname."}"#,
            json!({"nickname": "Ann"}),
        ),
        (
            r#"{"error":"invalid_password"}"#,
            json!({"password": "correct horse"}),
        ),
        (
            r#"{"error":"bad_phone_number_otp_token"}"#,
            json!({"phone_number_otp_token": phone_token}),
        ),
        (
            r#"{"error":"bad_email_otp_token"}"#,
            json!({"email_otp_token": email_token}),
        ),
        (
            r#"{"error":"bad_phone_number_otp"}"#,
            json!({"phone_number_otp": phone_code}),
        ),
        (
            r#"{"error":"bad_email_otp"}"#,
            json!({"email_otp": email_code}),
        ),
        (
            r#"{"error":"duplicate_username"}"#,
            json!({"username": "bea"}),
        ),
    ];
    for (error, remedy) in steps {
        portal.sign_up("all", &body).await.refuses(400, error);
        body = merged([body, remedy]);
    }
    portal.sign_up("all", &body).await.sub();
}

#[tokio::test]
async fn a_stranger_does_not_learn_that_an_address_is_registered() {
    let portal = Portal::start().await;
    let phone = portal.proof("phones", Sms, PHONE).await;
    portal.sign_up("phones", &phone).await.sub();
    let email = portal.proof("emails", Email, EMAIL).await;
    portal.sign_up("emails", &email).await.sub();
    for (phone, email) in [(PHONE, EMAIL), ("13700000000", "nobody@example.com")] {
        let body = json!({
            "username": "ann", "nickname": "Ann", "phone_number": phone, "phone_number_otp_token": "guess",
            "phone_number_otp": "000000", "email": email, "email_otp_token": "guess", "email_otp": "000000",
        });
        let answer = portal.sign_up("all", &body).await;
        answer.refuses(400, r#"{"error":"bad_phone_number_otp_token"}"#);
    }
}
