use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use signup_bus::{Bus, InProcessBus, PublishError, Step};
use signup_core::event::EventMessage;
use signup_core::time::Clock as _;
use signup_store::Lane;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::fixture::{LIMIT, Outbox};

#[tokio::test]
async fn a_code_overtakes_a_backlog_whose_consumer_is_stuck() {
    let mut outbox = Outbox::open().await;
    let bus = Arc::new(InProcessBus::new());
    outbox.bus = Arc::clone(&bus) as _;
    outbox.sign_up(30).await;
    let mut codes = bus.subscribe(&["otp.requested.*"]);
    let mut users = bus.subscribe(&["user.created.*"]);
    let relays = [Lane::Codes, Lane::Others]
        .map(|lane| tokio::spawn(outbox.relay(lane).run(std::future::pending())));
    // Held and never dealt with, so the relay of this lane waits for its first batch.
    let _stuck = timeout(LIMIT, users.next()).await.unwrap().unwrap();

    outbox.request_code().await;

    let code = timeout(LIMIT, codes.next()).await.unwrap().unwrap();
    assert_eq!(code.event.routing_key, "otp.requested.sms");
    code.ack();
    for relay in relays {
        relay.abort();
    }
}

#[tokio::test]
async fn a_relay_that_is_told_to_stop_empties_its_lane_first() {
    let mut outbox = Outbox::open().await;
    let bus = Arc::new(InProcessBus::new());
    outbox.bus = Arc::clone(&bus) as _;
    outbox.sign_up(23).await;
    let mut users = bus.subscribe(&["user.created.*"]);
    let (stop, stopped) = oneshot::channel::<()>();
    let relay = tokio::spawn(outbox.relay(Lane::Others).run(async {
        let _ = stopped.await;
    }));
    // The relay is within its first batch, and four more wait.
    let first = timeout(LIMIT, users.next()).await.unwrap().unwrap();
    stop.send(()).unwrap();
    first.ack();
    let consumer = tokio::spawn(async move {
        while let Some(delivery) = users.next().await {
            delivery.ack();
        }
    });

    timeout(LIMIT, relay).await.unwrap().unwrap();

    assert_eq!(outbox.store.backlog().await.unwrap().waiting, 0);
    consumer.abort();
}

/// A bus that is out of reach: known before anything is claimed, or only when it is to take a batch.
struct Away {
    known: bool,
}

#[async_trait]
impl Bus for Away {
    async fn ready(&self) -> Result<(), PublishError> {
        if self.known {
            return Err(PublishError::Unavailable("no route".into()));
        }
        Ok(())
    }

    async fn publish(&self, events: &[EventMessage]) -> Vec<Result<(), PublishError>> {
        vec![Err(PublishError::Unavailable("the connection broke".into())); events.len()]
    }
}

#[tokio::test]
async fn a_bus_that_is_away_costs_the_events_no_attempt_and_no_time() {
    let mut outbox = Outbox::open().await;
    outbox.sign_up(3).await;
    for known in [true, false] {
        outbox.bus = Arc::new(Away { known });
        let step = outbox.relay(Lane::Others).step().await.unwrap();
        assert!(matches!(step, Step::NoBus(_)), "{step:?}");
    }

    let claim = outbox.store.claim_events(
        "another",
        Lane::Others,
        10,
        outbox.clock.now(),
        Duration::from_secs(30),
    );
    let claimed = claim.await.unwrap();
    assert_eq!(claimed.len(), 3);
    assert!(claimed.iter().all(|claimed| claimed.attempts == 1));
}
