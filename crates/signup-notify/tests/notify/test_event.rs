use signup_core::time::Timestamp;
use signup_notify::webhook::test_event;
use signup_testkit::fixture::{self, Fixture};

#[test]
fn a_webhooks_test_event_is_as_published() {
    let webhook = "019bc0c6-9b40-7000-8000-000000002051";
    let (id, envelope) = test_event(webhook, Timestamp::from_millis(1_768_465_800_000));
    let event: serde_json::Value = serde_json::from_str(&envelope).unwrap();
    assert_eq!(event["id"], id.as_str());
    let sample = Fixture {
        name: "webhook.test",
        number: 0x51,
        subject: webhook,
        package: "signup-notify",
    };
    fixture::assert_is_published_for_webhooks(&sample, &event);
}
