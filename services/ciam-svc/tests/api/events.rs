//! Sample events for teams that write consumers, made by real sign-ups.

use serde_json::json;
use signup_core::code::Channel::{Email, Sms};
use signup_testkit::fixture::{Fixture, assert_is_published};

use crate::portal::{EMAIL, PHONE, Portal, merged};

const PACKAGE: &str = "ciam-svc";

#[tokio::test]
async fn a_sign_up_with_everything_that_can_be_proven_and_its_codes_are_published_as_samples() {
    let portal = Portal::start().await;
    let body = merged([
        json!({"username": "ann", "nickname": "安安", "password": "correct horse"}),
        portal.proof("all", Sms, PHONE).await,
        portal.proof("all", Email, EMAIL).await,
    ]);
    portal.sign_up("all", &body).await.sub();
    let sample = Fixture {
        name: "proven",
        number: 0x31,
        subject: "3f9d2c7a81b64e0f9a5d6c1b2e4f7081",
        package: PACKAGE,
    };
    let users = portal.0.events_of("signup.user.created.v1").await;
    assert_is_published(&sample, &users[0]);
    let codes = portal.0.events_of("signup.otp.requested.v1").await;
    let email = Fixture {
        name: "ciam",
        number: 0x33,
        subject: "019bc0c6-9a00-7000-9000-000000000033",
        package: PACKAGE,
    };
    assert_is_published(&email, &codes[0]);
    let sms = Fixture {
        number: 0x34,
        subject: "019bc0c6-9a00-7000-9000-000000000034",
        ..email
    };
    assert_is_published(&sms, &codes[1]);
}

#[tokio::test]
async fn a_sign_up_with_attributes_of_every_type_is_published_as_a_sample() {
    let portal = Portal::start().await;
    let body = json!({
        "username": "bob", "name": "Bob", "zoneinfo": "Asia/Shanghai", "locale": "zh-CN", "badge": "AB1234",
        "age": 36, "subscribed": true, "birthday": "1988-02-29", "level": "gold",
    });
    portal.sign_up("names", &body).await.sub();
    let sample = Fixture {
        name: "attributes",
        number: 0x32,
        subject: "b1c0ffee5e7d4c3a8f2e1d0c9b8a7f6e",
        package: PACKAGE,
    };
    let users = portal.0.events_of("signup.user.created.v1").await;
    assert_is_published(&sample, &users[0]);
}
