//! Sample events for teams that write consumers, made by real sign-ups.

use serde_json::json;
use signup_testkit::fixture::{Fixture, assert_is_published};

use crate::bytepower::{Bytepower, SIGN_UP, answer, by_name, with_code};

const PACKAGE: &str = "bytepower-svc";

#[tokio::test]
async fn a_sign_up_by_name_is_published_as_a_sample() {
    let service = Bytepower::start().await;
    let mut body = by_name("Ann");
    for (field, value) in [
        ("segment_id", "spring-campaign"),
        ("custom_config_id", "config-7"),
        ("login_device_id", "device-42"),
        ("simple_cuid", "42"),
        ("cuid", "customer-42"),
        ("cuid_v2", "customer-42-2"),
        ("platform", "android"),
        ("imei", "356938035643809"),
        ("oaid", "5d1a6e0f3b2c4d58"),
        ("idfa", "6d92078a-8246-4ba4-ae5b-76104861e7dc"),
        ("idfv", "599f9c00-92dc-4b5c-9464-7971f01f8370"),
        ("gaid", "cdda802e-fb9c-47ad-9866-0794d394c912"),
        ("appsflyer_id", "1415211453000-6513894"),
        ("app_instance_id", "92e2e0a4f4c7475f9fb2d8f0a1b2c3d4"),
        ("uuid", "0c2f7f6e-1d7c-4a53-9f0e-5f3f1f2f3f4f"),
    ] {
        body[field] = json!(value);
    }
    let request = service
        .server_request(SIGN_UP, "shop", &body.to_string())
        .header(
            "traceparent",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        );
    answer(request).await.user();
    let sample = Fixture {
        name: "by-name",
        number: 0x11,
        subject: "u482913650174829",
        package: PACKAGE,
    };
    assert_is_published(&sample, &service.user_created().await);
}

#[tokio::test]
async fn a_sign_up_by_email_and_its_code_are_published_as_samples() {
    let service = Bytepower::start().await;
    let code = service.new_code("verified", "ann@example.com").await;
    let mut body = with_code("Ann@example.com", &code);
    body["email_password"]["platform"] = json!("website");
    service.sign_up("verified", &body).await.user();
    let sample = Fixture {
        name: "by-email",
        number: 0x12,
        subject: "u730415926358979",
        package: PACKAGE,
    };
    assert_is_published(&sample, &service.user_created().await);
    let sample = Fixture {
        name: "bytepower",
        number: 0x13,
        subject: "019bc0c6-9a00-7000-9000-000000000013",
        package: PACKAGE,
    };
    let events = service.events_of("signup.otp.requested.v1").await;
    assert_is_published(&sample, &events[0]);
}
