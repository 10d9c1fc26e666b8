use std::time::Duration;

use signup_core::time::Clock as _;
use signup_notify::webhook::SigningSecret;
use signup_store::WebhookDeliveryState;
use signup_testkit::author;

use crate::fixture::Shop;
use crate::receiver::{Receiver, Told};
use crate::webhooks::subscribe;

#[tokio::test]
async fn the_reference_library_verifies_what_was_received() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    let (webhook, secret) = subscribe(&shop.app, &receiver.url()).await;
    let event = shop.sign_up_one().await;

    assert_eq!(shop.dispatcher().step().await.unwrap(), 1);

    let received = receiver.received().remove(0);
    assert!(received.verifies_with(&secret));
    let another = SigningSecret::generate().unwrap().expose().expose().clone();
    assert!(!received.verifies_with(&another));
    assert_eq!(received.header("webhook-id"), event.id);
    assert_eq!(
        received.header("content-type"),
        "application/cloudevents+json"
    );
    assert!(
        received
            .header("user-agent")
            .starts_with("signup-webhooks/")
    );
    assert_eq!(received.body, event.envelope.as_bytes());
    let delivery = shop.deliveries(&webhook).await.remove(0);
    assert_eq!(delivery.state, WebhookDeliveryState::Delivered);
    assert_eq!((delivery.attempts, delivery.last_status), (1, Some(200)));
}

#[tokio::test]
async fn while_a_secret_is_replaced_both_verify_and_then_the_new_one_only() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    let (webhook, old) = subscribe(&shop.app, &receiver.url()).await;
    let new = SigningSecret::generate().unwrap();
    let overlap = Duration::from_secs(60);
    let author = author(shop.clock.now());
    let rotated = shop.app.store.rotate_webhook_secret(
        &webhook,
        new.seal(&shop.app.keys, &webhook.id).unwrap(),
        shop.clock.now().after(overlap),
        &author,
    );
    assert!(rotated.await.unwrap());
    let new = new.expose().expose().clone();
    receiver.answers([Told::Status(500)]);
    shop.sign_up_one().await;

    let dispatcher = shop.dispatcher();
    assert_eq!(dispatcher.step().await.unwrap(), 1);
    shop.clock.advance(overlap);
    assert_eq!(dispatcher.step().await.unwrap(), 1);

    let [during, after] = receiver.received().try_into().unwrap();
    assert!(during.verifies_with(&old) && during.verifies_with(&new));
    assert_eq!(during.header("webhook-signature").split(' ').count(), 2);
    assert!(!after.verifies_with(&old) && after.verifies_with(&new));
}

#[tokio::test]
async fn every_attempt_has_the_same_id_and_a_time_and_signature_of_its_own() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    let (webhook, secret) = subscribe(&shop.app, &receiver.url()).await;
    receiver.answers([Told::Status(500), Told::Status(404)]);
    let event = shop.sign_up_one().await;

    let dispatcher = shop.dispatcher();
    for pause in [6, 36, 0] {
        assert_eq!(dispatcher.step().await.unwrap(), 1);
        assert_eq!(dispatcher.step().await.unwrap(), 0);
        shop.clock.advance(Duration::from_secs(pause));
    }

    let received = receiver.received();
    assert_eq!(received.len(), 3);
    let ids = received
        .iter()
        .all(|one| one.header("webhook-id") == event.id);
    assert!(ids && received.iter().all(|one| one.verifies_with(&secret)));
    for name in ["webhook-timestamp", "webhook-signature"] {
        let mut values: Vec<&str> = received.iter().map(|one| one.header(name)).collect();
        values.dedup();
        assert_eq!(values.len(), 3, "{name}");
    }
    let delivery = shop.deliveries(&webhook).await.remove(0);
    assert_eq!(delivery.attempts, 3);
    assert_eq!(shop.webhook(&webhook).await.failing_since, None);
}
