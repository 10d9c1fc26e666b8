//! Sample events for teams that write consumers, made by real sign-ups.

use signup_testkit::fixture::{Fixture, assert_is_published};

use crate::gateway::{Gateway, PWD, answer, sign_up, with};

const PACKAGE: &str = "xdua-gateway";
const PHONE: &str = "+86-15810419011";
const MAIL: &str = "Ann@example.com";

async fn newest(gateway: &Gateway, event_type: &str) -> serde_json::Value {
    gateway.service.events_of(event_type).await.remove(0)
}

#[tokio::test]
async fn a_sign_up_by_phone_and_its_code_are_published_as_samples() {
    let gateway = Gateway::start().await;
    let code = gateway.phone_code(PHONE).await;
    let more = [
        ("vfcode", code.as_str()),
        ("name", "小安"),
        ("sex", "F"),
        ("bday", "19860823"),
        ("avatar", "default.jpg"),
        ("mail", "ann@example.com"),
        ("extra", r#"{"nickname":"安安","target":8000}"#),
    ];
    gateway.user(&with(&sign_up(PHONE), &more)).await.id();
    let sample = Fixture {
        name: "by-phone",
        number: 0x21,
        subject: "5QqitXe5",
        package: PACKAGE,
    };
    assert_is_published(&sample, &newest(&gateway, "signup.user.created.v1").await);
    let sample = Fixture {
        name: "xdua",
        number: 0x23,
        subject: "019bc0c6-9a00-7000-9000-000000000023",
        package: PACKAGE,
    };
    assert_is_published(&sample, &newest(&gateway, "signup.otp.requested.v1").await);
}

#[tokio::test]
async fn a_sign_up_by_mail_with_the_least_fields_is_published_as_a_sample() {
    let gateway = Gateway::start().await;
    let code = gateway.mail_code("ann@example.com").await;
    let fields = [("by", "mail"), ("vfcode", &code), ("pwd", PWD)];
    let request = gateway.post("/user").form(&with(&sign_up(MAIL), &fields));
    answer(request).await.id();
    let sample = Fixture {
        name: "by-mail",
        number: 0x22,
        subject: "kT3b9WzQ",
        package: PACKAGE,
    };
    assert_is_published(&sample, &newest(&gateway, "signup.user.created.v1").await);
}
