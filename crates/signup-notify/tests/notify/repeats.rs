use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use signup_bus::{Bus as _, InProcessBus, Relay, RelaySettings};
use signup_bus::{Outcome, Step};
use signup_core::time::Clock as _;
use signup_notify::{
    DeliveryMetrics, Inbox, LocalSender, Message, MessageKind, SendError, Sender, Sent, Worker,
};
use signup_store::{DeliveryStart, DeliveryState, Lane};
use tokio::sync::Semaphore;

use crate::fixture::{Shop, email, sign_up};

const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_event_that_comes_again_is_not_sent_again() {
    let shop = Shop::open().await;
    shop.request_code().await;
    let event = shop.event().await;

    let (first, second) = tokio::join!(shop.worker.handle(&event), shop.worker.handle(&event));
    let third = shop.worker.handle(&event).await;

    // The one that finds the other at work comes back later.
    assert!(
        [&first, &second].contains(&&Outcome::Done),
        "{first:?} {second:?}"
    );
    assert_eq!(third, Outcome::Done);
    assert_eq!(shop.sent().len(), 1);
}

#[tokio::test]
async fn a_message_that_was_not_taken_is_tried_again() {
    let shop = Shop::open().await;
    shop.sender_answers([SendError::Unavailable("no route".to_owned())]);
    shop.request_code().await;
    let bus = Arc::new(InProcessBus::new());
    tokio::spawn(Arc::clone(&shop.worker).run(bus.subscribe(&["otp.requested.*"])));
    let relay = Relay::new(
        "test".to_owned(),
        shop.app.store.clone(),
        bus,
        Arc::clone(&shop.clock) as _,
        RelaySettings {
            lane: Lane::Codes,
            batch: 10,
            interval: Duration::from_secs(1),
            lease: Duration::from_secs(30),
        },
        shop.app.announcer.wake(),
    );

    assert_eq!(relay.step().await.unwrap(), Step::Claimed(1));
    assert_eq!(shop.sent(), []);
    assert_eq!(relay.step().await.unwrap(), Step::Claimed(0));
    shop.clock.advance(Duration::from_millis(250));
    assert_eq!(relay.step().await.unwrap(), Step::Claimed(1));

    assert_eq!(shop.sent().len(), 1);
    assert_eq!(shop.app.store.backlog().await.unwrap().waiting, 0);
}

#[tokio::test]
async fn attempts_end_with_the_life_of_the_code() {
    let shop = Shop::open().await;
    shop.sender_answers([SendError::Unavailable("no route".to_owned())]);
    shop.request_code().await;
    let event = shop.event().await;
    let problem = Outcome::Later("unavailable: no route".to_owned());
    assert_eq!(shop.worker.handle(&event).await, problem);

    shop.clock.advance(crate::fixture::VALID_FOR);
    assert_eq!(shop.worker.handle(&event).await, Outcome::Done);

    assert_eq!(shop.sent(), []);
    assert_eq!(shop.recorded(&event).await, Some(DeliveryState::Dropped));
}

#[tokio::test]
async fn a_message_that_was_refused_is_given_up() {
    let shop = Shop::open().await;
    shop.sender_answers([SendError::Refused("no such number".to_owned())]);
    shop.request_code().await;
    let event = shop.event().await;

    assert_eq!(shop.worker.handle(&event).await, Outcome::Done);

    assert_eq!(shop.sent(), []);
}

#[tokio::test]
async fn a_message_that_may_have_been_sent_is_not_sent_again() {
    let shop = Shop::open().await;
    shop.sender_answers([SendError::Unanswered("timeout".to_owned())]);
    shop.request_code().await;
    let event = shop.event().await;

    for _ in 0..2 {
        assert_eq!(shop.worker.handle(&event).await, Outcome::Done);
    }

    assert_eq!(shop.sent(), []);
    assert_eq!(shop.recorded(&event).await, Some(DeliveryState::Unknown));
}

#[tokio::test]
async fn after_a_crash_while_sending_the_delivery_is_unknown_and_not_repeated() {
    let shop = Shop::open().await;
    shop.request_code().await;
    let event = shop.event().await;
    let started = shop.app.store.start_delivery(&event.id, shop.clock.now());
    assert_eq!(started.await.unwrap(), DeliveryStart::Send);

    // At first it may as well be another worker that is still at it.
    let outcome = shop.worker.handle(&event).await;
    assert!(matches!(outcome, Outcome::Later(_)), "{outcome:?}");
    assert_eq!(shop.recorded(&event).await, Some(DeliveryState::Started));

    shop.clock.advance(Duration::from_secs(120));
    assert_eq!(shop.worker.handle(&event).await, Outcome::Done);

    assert_eq!(shop.sent(), []);
    assert_eq!(shop.recorded(&event).await, Some(DeliveryState::Unknown));
}

/// Takes codes at once and never finishes with a welcome.
struct StuckOnWelcomes {
    inbox: Inbox,
    stuck: Semaphore,
}

#[async_trait]
impl Sender for StuckOnWelcomes {
    async fn send(&self, message: &Message) -> Result<Sent, SendError> {
        if message.kind == MessageKind::Welcome {
            self.stuck.add_permits(1);
            std::future::pending::<()>().await;
        }
        LocalSender::new(self.inbox.clone(), false)
            .send(message)
            .await
    }
}

#[tokio::test]
async fn welcomes_that_take_forever_hold_up_no_code() {
    let shop = Shop::open().await;
    sign_up(&shop.app, vec![email(true)]).await;
    shop.request_code().await;
    let [welcome, code] = shop.events().await.try_into().unwrap();
    let at_a_time = u32::from(shop.app.settings.worker.prefetch);
    let mut events = vec![welcome; 40];
    for (number, event) in events.iter_mut().enumerate() {
        event.id = format!("welcome-{number}");
    }
    events.push(code);
    let sender = Arc::new(StuckOnWelcomes {
        inbox: Inbox::new(),
        stuck: Semaphore::new(0),
    });
    let metrics = DeliveryMetrics::register(&Default::default());
    let worker = Arc::new(Worker::new(&shop.app, Arc::clone(&sender) as _, metrics));
    let bus = InProcessBus::new();
    for lane in ["otp.requested.*", "user.created.*"] {
        tokio::spawn(Arc::clone(&worker).run(bus.subscribe(&[lane])));
    }

    let publishing = tokio::spawn(async move { bus.publish(&events).await });
    let wait = async {
        sender.stuck.acquire_many(at_a_time).await.unwrap().forget();
        sender
            .inbox
            .wait_for(|message| message.code.is_some())
            .await
    };
    tokio::time::timeout(LIMIT, wait).await.unwrap();

    assert_eq!(sender.stuck.available_permits(), 0);
    assert!(!publishing.is_finished());
    publishing.abort();
}
