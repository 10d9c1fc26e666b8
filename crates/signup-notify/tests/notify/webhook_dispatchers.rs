use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use signup_app::shutdown::Shutdown;
use signup_notify::{Message, SendError, Sender, Sent};
use signup_store::WebhookDeliveryState;
use signup_testkit::eventually;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::fixture::Shop;
use crate::receiver::{Receiver, Told};
use crate::webhooks::subscribe;

const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_slow_endpoint_does_not_delay_another() {
    let shop = Shop::open().await;
    let (slow, quick) = (Receiver::start(), Receiver::start());
    slow.always(Told::Hang);
    subscribe(&shop.app, &slow.url()).await;
    let (webhook, _) = subscribe(&shop.app, &quick.url()).await;
    shop.queue_with_events(20).await;
    let running = tokio::spawn(shop.dispatcher().run(std::future::pending()));

    quick.wait_for(20).await;

    let own = shop.app.settings.webhooks.endpoint_concurrency;
    assert_eq!(slow.wait_for(own).await.len(), own);
    eventually(LIMIT, async || {
        let deliveries = shop.deliveries(&webhook).await;
        let done = deliveries
            .iter()
            .filter(|one| one.state == WebhookDeliveryState::Delivered);
        let done = done.count();
        if done == 20 {
            Ok(())
        } else {
            Err(format!("{done} are recorded"))
        }
    })
    .await;
    running.abort();
}

/// Keeps every message and never answers.
#[derive(Default)]
struct SilentSender(Notify);

#[async_trait]
impl Sender for SilentSender {
    async fn send(&self, _: &Message) -> Result<Sent, SendError> {
        self.0.notify_one();
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_mail_server_that_hangs_holds_up_neither_deliveries_nor_the_stop() {
    let shop = Shop::open().await;
    let (gone, good) = (Receiver::start(), Receiver::start());
    gone.always(Told::Status(410));
    subscribe(&shop.app, &gone.url()).await;
    subscribe(&shop.app, &good.url()).await;
    // The notice is due before the dispatcher begins.
    shop.sender_answers([SendError::Unavailable("no route".to_owned())]);
    shop.sign_up_one().await;
    shop.dispatcher().step().await.unwrap();
    shop.clock.advance(Duration::from_secs(600));
    let sender = Arc::new(SilentSender::default());
    let shutdown = Shutdown::new();
    let stop = shutdown.clone();
    let dispatcher = shop.dispatcher_to(Arc::clone(&sender) as _);
    let running = tokio::spawn(async move { dispatcher.run(stop.wait()).await });
    timeout(LIMIT, sender.0.notified()).await.unwrap();

    shop.sign_up_another().await;
    good.wait_for(2).await;

    shutdown.trigger();
    timeout(LIMIT, running).await.unwrap().unwrap();
}

#[tokio::test]
async fn two_dispatchers_call_for_each_delivery_once() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    subscribe(&shop.app, &receiver.url()).await;
    shop.queue_with_events(30).await;
    let shutdown = Shutdown::new();
    let running: Vec<_> = (0..2)
        .map(|_| {
            let stop = shutdown.clone();
            let dispatcher = shop.dispatcher();
            tokio::spawn(async move { dispatcher.run(stop.wait()).await })
        })
        .collect();

    receiver.wait_for(30).await;
    shutdown.trigger();
    for dispatcher in running {
        timeout(LIMIT, dispatcher).await.unwrap().unwrap();
    }

    let received = receiver.received();
    let ids: HashSet<&str> = received
        .iter()
        .map(|one| one.header("webhook-id"))
        .collect();
    assert_eq!((received.len(), ids.len()), (30, 30));
}

#[tokio::test]
async fn what_a_killed_dispatcher_held_is_taken_over_after_its_lease() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    let (webhook, secret) = subscribe(&shop.app, &receiver.url()).await;
    receiver.answers([Told::Hang]);
    let event = shop.sign_up_one().await;
    let killed = tokio::spawn(shop.dispatcher().run(std::future::pending()));
    receiver.wait_for(1).await;
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());

    let other = shop.dispatcher();
    let lease = shop.app.settings.webhooks.lease();
    shop.clock.advance(lease - Duration::from_secs(1));
    assert_eq!(other.step().await.unwrap(), 0);
    shop.clock.advance(Duration::from_secs(1));
    assert_eq!(other.step().await.unwrap(), 1);

    let received = receiver.received();
    assert_eq!(received.len(), 2);
    assert!(
        received
            .iter()
            .all(|one| one.header("webhook-id") == event.id)
    );
    assert!(received[1].verifies_with(&secret));
    let delivery = shop.deliveries(&webhook).await.remove(0);
    assert_eq!(
        (delivery.state, delivery.attempts),
        (WebhookDeliveryState::Delivered, 2)
    );
}

#[tokio::test]
async fn an_event_that_the_outbox_has_forgotten_fails_without_blaming_the_endpoint() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    let (webhook, _) = subscribe(&shop.app, &receiver.url()).await;
    let about = signup_store::WebhookEvent {
        id: "forgotten",
        event_type: "signup.user.created.v1",
        provider: "acme",
        application: "shop",
    };
    let now = shop.app.clock.now();
    shop.app
        .store
        .insert_webhook_deliveries(about, now)
        .await
        .unwrap();

    Arc::clone(&shop.dispatcher()).step().await.unwrap();

    let delivery = shop.deliveries(&webhook).await.remove(0);
    assert_eq!(delivery.state, WebhookDeliveryState::Failed);
    assert!(delivery.last_problem.unwrap().contains("bus.retention"));
    assert_eq!(shop.webhook(&webhook).await.failing_since, None);
    assert!(receiver.received().is_empty());
}
