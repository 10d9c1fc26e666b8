use std::time::Duration;

use signup_core::messages::MessageKind;
use signup_core::time::Clock as _;
use signup_store::{WebhookDeliveryState, WebhookState};

use crate::fixture::Shop;
use crate::receiver::{Receiver, Told};
use crate::webhooks::subscribe;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    let (webhook, _) = subscribe(&shop.app, &receiver.url()).await;
    for status in [301, 302, 307, 308] {
        receiver.answers([Told::StatusWith(status, "Location", "/elsewhere")]);
    }
    shop.sign_up_one().await;
    let dispatcher = shop.dispatcher();

    for (count, status) in (1..).zip([301, 302, 307, 308]) {
        assert_eq!(dispatcher.step().await.unwrap(), 1);
        let received = receiver.received();
        assert_eq!(received.len(), count);
        assert!(received.iter().all(|one| one.path == "/hook"));
        let delivery = shop.deliveries(&webhook).await.remove(0);
        assert_eq!(delivery.state, WebhookDeliveryState::Pending);
        assert_eq!(delivery.last_status, Some(status));
        assert!(delivery.last_problem.unwrap().contains("not followed"));
        shop.clock.advance(HOUR);
    }
}

#[tokio::test]
async fn gone_switches_the_webhook_off_and_its_contact_is_told() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    let (webhook, _) = subscribe(&shop.app, &format!("{}/token-1234", receiver.url())).await;
    receiver.always(Told::Status(410));
    shop.sign_up_one().await;
    let dispatcher = shop.dispatcher();

    assert_eq!(dispatcher.step().await.unwrap(), 1);
    shop.clock.advance(24 * HOUR);
    assert_eq!(dispatcher.step().await.unwrap(), 0);

    assert_eq!(shop.webhook(&webhook).await.state, WebhookState::Disabled);
    let delivery = shop.deliveries(&webhook).await.remove(0);
    assert_eq!(delivery.state, WebhookDeliveryState::Failed);
    let mails = shop.sent();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(mail.kind, MessageKind::WebhookDisabled);
    assert_eq!(mail.address, "ops@example.com");
    for expected in [
        webhook.id.as_str(),
        "127.0.0.1",
        "410 Gone",
        "signupctl webhook resume",
    ] {
        assert!(mail.text.contains(expected), "{expected}: {}", mail.text);
    }
    assert!(
        !mail.text.contains("token-1234") && !mail.text.contains('{'),
        "{}",
        mail.text
    );
}

#[tokio::test]
async fn a_notice_that_was_not_taken_is_tried_again() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    subscribe(&shop.app, &receiver.url()).await;
    receiver.always(Told::Status(410));
    shop.sender_answers([signup_notify::SendError::Unavailable("no route".to_owned())]);
    shop.sign_up_one().await;
    let dispatcher = shop.dispatcher();

    dispatcher.step().await.unwrap();
    assert_eq!(shop.sent(), []);
    shop.clock.advance(HOUR);
    dispatcher.step().await.unwrap();

    assert_eq!(shop.sent().len(), 1);
}

#[tokio::test]
async fn retry_after_is_honoured_in_seconds_and_as_a_date() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    let (webhook, _) = subscribe(&shop.app, &receiver.url()).await;
    let seconds = Duration::from_secs;
    let at = shop.clock.now().after(seconds(601 + 1200));
    let date: jiff::Timestamp = at.to_string().parse().unwrap();
    let date = date
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
        .leak();
    receiver.answers([
        Told::StatusWith(429, "Retry-After", "600"),
        Told::StatusWith(503, "Retry-After", date),
    ]);
    shop.sign_up_one().await;
    let dispatcher = shop.dispatcher();

    assert_eq!(dispatcher.step().await.unwrap(), 1);
    shop.clock.advance(seconds(599));
    assert_eq!(dispatcher.step().await.unwrap(), 0);
    // Another event has to wait as well: it is the endpoint that wants to be left alone.
    shop.sign_up_another().await;
    assert_eq!(dispatcher.step().await.unwrap(), 0);
    shop.clock.advance(seconds(2));
    assert_eq!(dispatcher.step().await.unwrap(), 1);
    shop.clock.advance(seconds(1198));
    assert_eq!(dispatcher.step().await.unwrap(), 0);
    shop.clock.advance(seconds(3));
    while dispatcher.step().await.unwrap() > 0 {}

    assert_eq!(receiver.received().len(), 4);
    let delivered = shop.deliveries(&webhook).await;
    assert!(
        delivered
            .iter()
            .all(|one| one.state == WebhookDeliveryState::Delivered)
    );
}

#[tokio::test]
async fn a_delivery_is_given_up_after_about_a_day() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    let (webhook, _) = subscribe(&shop.app, &receiver.url()).await;
    receiver.always(Told::Status(500));
    shop.sign_up_one().await;
    let (dispatcher, began) = (shop.dispatcher(), shop.clock.now());

    loop {
        dispatcher.step().await.unwrap();
        let delivery = shop.deliveries(&webhook).await.remove(0);
        if delivery.state == WebhookDeliveryState::Failed {
            break;
        }
        let wait = delivery.next_attempt_at.since(shop.clock.now());
        shop.clock.advance(wait);
    }

    let took = shop.clock.now().since(began);
    assert!((23 * HOUR..30 * HOUR).contains(&took), "{took:?}");
    assert_eq!(receiver.received().len(), 11);
    assert_eq!(shop.webhook(&webhook).await.state, WebhookState::Active);
}

#[tokio::test]
async fn an_endpoint_that_fails_for_days_is_switched_off() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    let (webhook, _) = subscribe(&shop.app, &receiver.url()).await;
    receiver.always(Told::Status(500));
    shop.sign_up_one().await;
    let dispatcher = shop.dispatcher();

    for _ in 0..8 {
        assert_eq!(dispatcher.step().await.unwrap(), 1);
        assert_eq!(shop.webhook(&webhook).await.state, WebhookState::Active);
        shop.clock.advance(10 * HOUR);
    }
    assert_eq!(dispatcher.step().await.unwrap(), 1);

    let disabled = shop.webhook(&webhook).await;
    assert_eq!(disabled.state, WebhookState::Disabled);
    assert_eq!(shop.sent().len(), 1);
    shop.clock.advance(10 * HOUR);
    assert_eq!(dispatcher.step().await.unwrap(), 0);
}
