//! What becomes of events about somebody who was erased before they arrived.

use signup_bus::Outcome;
use signup_core::time::Clock as _;
use signup_notify::webhook::{ReplaySelection, replay};
use signup_store::DeliveryState;
use signup_testkit::author;

use crate::fixture::{Shop, context, email, sign_up};
use crate::webhooks::subscribe;

async fn erase(shop: &Shop, public_id: &str) {
    let author = author(shop.clock.now());
    let noted = author.did("user_erased", None, serde_json::json!({}));
    let (now, context) = (shop.clock.now(), context());
    let erased = shop
        .app
        .store
        .erase_user("acme", public_id, now, &context, &noted)
        .await;
    assert!(erased.unwrap().is_some());
}

#[tokio::test]
async fn nobody_is_welcomed_who_was_erased_and_webhooks_are_told_in_order() {
    let shop = Shop::open().await;
    let (webhook, _) = subscribe(&shop.app, "http://127.0.0.1:1/hook").await;
    sign_up(&shop.app, vec![email(true)]).await;
    let created = shop.event().await;

    erase(&shop, &created.subject).await;
    assert_eq!(shop.worker.handle(&created).await, Outcome::Done);

    assert_eq!(shop.sent(), []);
    let dropped = Some(DeliveryState::Dropped);
    assert_eq!(shop.recorded(&created).await, dropped);
    let (store, now) = (&shop.app.store, shop.clock.now());
    let ids = vec![created.id.clone()];
    store.mark_published("test", ids, now).await.unwrap();
    let erased = shop.event().await;
    assert_eq!(erased.event_type, "signup.user.erased.v1");
    assert_eq!(shop.worker.handle(&erased).await, Outcome::Done);
    assert_eq!(shop.sent(), []);
    let queued = store.webhook_deliveries(&webhook.id, None, 10).await;
    let mut queued: Vec<_> = queued
        .unwrap()
        .into_iter()
        .map(|one| one.event_id)
        .collect();
    queued.sort();
    assert_eq!(queued, [created.id.clone(), erased.id.clone()]);

    // Sent out again, it is the erasure alone.
    let replayed = replay(store, &webhook, &ReplaySelection::default(), &author(now)).await;
    assert_eq!(replayed.unwrap().wanted, 1);
}
