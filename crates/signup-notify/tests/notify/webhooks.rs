//! What webhooks get, and the stage for the other tests of them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use signup_app::App;
use signup_bus::Outcome;
use signup_core::event::EventMessage;
use signup_core::identifier::EmailAddress;
use signup_core::time::{Clock as _, SystemClock};
use signup_core::user::TakenIdentifier;
use signup_notify::webhook::{
    Caller, Dispatcher, Lookup, ReplaySelection, SigningSecret, SystemLookup, WebhookMetrics,
    replay,
};
use signup_notify::{Sender, start_embedded};
use signup_store::{Webhook, WebhookDelivery, WebhookState};
use signup_testkit::author;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::fixture::{Shop, app, email, phone, sign_up};
use crate::receiver::Receiver;

/// A webhook that wants everything, and its secret.
pub async fn subscribe(app: &App, url: &str) -> (Webhook, String) {
    let secret = SigningSecret::generate().unwrap();
    let id = uuid::Uuid::now_v7().to_string();
    let webhook = Webhook {
        url: url.to_owned(),
        event_types: Vec::new(),
        provider: None,
        application: None,
        state: WebhookState::Active,
        state_since: app.clock.now(),
        disabled_reason: None,
        sealed_secret: secret.seal(&app.keys, &id).unwrap(),
        previous_secret: None,
        contact: Some("ops@example.com".to_owned()),
        created_at: app.clock.now(),
        failing_since: None,
        held_until: None,
        id,
    };
    app.store
        .insert_webhook(&webhook, &author(app.clock.now()))
        .await
        .unwrap();
    (webhook, secret.expose().expose().clone())
}

impl Shop {
    pub fn dispatcher(&self) -> Arc<Dispatcher> {
        self.dispatcher_with(Arc::new(SystemLookup))
    }

    pub fn dispatcher_with(&self, lookup: Arc<dyn Lookup>) -> Arc<Dispatcher> {
        self.new_dispatcher(lookup, Arc::clone(&self.sender) as _)
    }

    /// A dispatcher whose notices go to this sender.
    pub fn dispatcher_to(&self, sender: Arc<dyn Sender>) -> Arc<Dispatcher> {
        self.new_dispatcher(Arc::new(SystemLookup), sender)
    }

    fn new_dispatcher(&self, lookup: Arc<dyn Lookup>, sender: Arc<dyn Sender>) -> Arc<Dispatcher> {
        let caller = Caller::new(&self.app.settings.webhooks, lookup).unwrap();
        let metrics = WebhookMetrics::register(&Default::default());
        Arc::new(Dispatcher::new(&self.app, caller, sender, metrics))
    }

    /// Somebody signs up, and the worker has seen the event.
    pub async fn sign_up_one(&self) -> EventMessage {
        sign_up(&self.app, vec![email(false)]).await;
        let event = self.event().await;
        assert_eq!(self.worker.handle(&event).await, Outcome::Done);
        event
    }

    /// The same for somebody else.
    pub async fn sign_up_another(&self) -> EventMessage {
        sign_up(&self.app, vec![phone(false)]).await;
        let event = self.event().await;
        assert_eq!(self.worker.handle(&event).await, Outcome::Done);
        event
    }

    /// So many sign-ups, whose events the worker has seen.
    pub async fn queue_with_events(&self, count: usize) {
        for number in 0..count {
            let address = EmailAddress::parse(&format!("user{number}@example.com")).unwrap();
            let identifier = TakenIdentifier {
                identifier: address.into(),
                verified: false,
            };
            sign_up(&self.app, vec![identifier]).await;
        }
        let events = self.events().await;
        assert_eq!(events.len(), count);
        for event in events {
            assert_eq!(self.worker.handle(&event).await, Outcome::Done);
        }
    }

    pub async fn deliveries(&self, webhook: &Webhook) -> Vec<WebhookDelivery> {
        let deliveries = self.app.store.webhook_deliveries(&webhook.id, None, 100);
        deliveries.await.unwrap()
    }

    pub async fn webhook(&self, webhook: &Webhook) -> Webhook {
        self.app
            .store
            .find_webhook(&webhook.id)
            .await
            .unwrap()
            .unwrap()
    }
}

#[tokio::test]
async fn requests_for_codes_do_not_go_to_webhooks() {
    let shop = Shop::open().await;
    let (webhook, _) = subscribe(&shop.app, "https://example.com/").await;
    shop.request_code().await;
    let event = shop.event().await;
    assert_eq!(shop.worker.handle(&event).await, Outcome::Done);
    assert_eq!(shop.deliveries(&webhook).await, []);

    let (all, author) = (ReplaySelection::default(), author(shop.clock.now()));
    let replayed = replay(&shop.app.store, &webhook, &all, &author);
    assert_eq!(replayed.await.unwrap().wanted, 0);
}

#[tokio::test]
async fn a_new_webhook_gets_what_happened_before_it_by_a_replay() {
    let shop = Shop::open().await;
    let receiver = Receiver::start();
    let event = shop.sign_up_one().await;
    let (webhook, secret) = subscribe(&shop.app, &receiver.url()).await;
    let (mut other, _) = subscribe(&shop.app, &receiver.url()).await;
    other.application = Some("kiosk".to_owned());

    let (all, author) = (ReplaySelection::default(), author(shop.clock.now()));
    for (webhook, expected) in [(&webhook, 1), (&webhook, 0), (&other, 0)] {
        let replayed = replay(&shop.app.store, webhook, &all, &author)
            .await
            .unwrap();
        assert_eq!(replayed.replayed, expected);
    }
    assert_eq!(shop.dispatcher().step().await.unwrap(), 1);

    let received = receiver.received();
    assert_eq!(received[0].header("webhook-id"), event.id);
    assert!(received[0].verifies_with(&secret));
}

#[tokio::test]
async fn in_the_embedded_default_a_sign_up_reaches_its_webhook_at_once() {
    let folder = TempDir::new().unwrap();
    let app = app(&folder, Arc::new(SystemClock), json!({"welcome": true})).await;
    let receiver = Receiver::start();
    let (_, secret) = subscribe(&app, &receiver.url()).await;
    let embedded = start_embedded(&app, false);

    sign_up(&app, vec![phone(true)]).await;
    let received = receiver.wait_for(1).await;

    assert!(received[0].verifies_with(&secret));
    assert_eq!(received[0].path, "/hook");
    timeout(Duration::from_secs(20), embedded.stop())
        .await
        .unwrap();
    let metrics = prometheus::TextEncoder::new()
        .encode_to_string(&app.metrics.registry.gather())
        .unwrap();
    let expected = r#"signup_webhook_attempts_total{outcome="delivered"} 1"#;
    assert!(metrics.lines().any(|line| line == expected), "{metrics}");
}
