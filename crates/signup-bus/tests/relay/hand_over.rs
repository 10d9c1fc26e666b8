use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use signup_bus::{Bus, Delivery, InProcessBus, Place, PublishError, Subscription};
use signup_core::event::EventMessage;
use signup_core::time::Clock as _;
use signup_store::Lane;
use signup_testkit::eventually;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::fixture::{LIMIT, Outbox};

/// Longer than an event may wait for its relay, and than it is held.
const TOO_LATE: Duration = Duration::from_secs(6);
const HELD: Duration = Duration::from_secs(15);

/// A bus that can be put out of reach.
#[derive(Default)]
struct Line {
    bus: InProcessBus,
    cut: AtomicBool,
    /// Whether it is known to be cut, or found out only by publishing.
    hidden: AtomicBool,
}

impl Line {
    fn answer(&self) -> Result<(), PublishError> {
        match self.cut.load(Ordering::SeqCst) {
            true => Err(PublishError::Unavailable("the line is cut".into())),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Bus for Line {
    async fn ready(&self) -> Result<(), PublishError> {
        match self.hidden.load(Ordering::SeqCst) {
            true => Ok(()),
            false => self.answer(),
        }
    }

    async fn publish(&self, events: &[EventMessage]) -> Vec<Result<(), PublishError>> {
        match self.answer() {
            Ok(()) => self.bus.publish(events).await,
            error => vec![error; events.len()],
        }
    }
}

/// A relay at work, and a consumer of what it publishes.
struct Process {
    outbox: Outbox,
    line: Arc<Line>,
    users: Subscription,
    stop: oneshot::Sender<()>,
    relay: JoinHandle<()>,
}

impl Process {
    async fn start() -> Self {
        let mut outbox = Outbox::open().await;
        let line = Arc::<Line>::default();
        let users = line.bus.subscribe(&["user.created.*"]);
        outbox.bus = Arc::clone(&line) as _;
        let (stop, stopped) = oneshot::channel();
        let relay = tokio::spawn(outbox.relay(Lane::Others).run(async {
            let _ = stopped.await;
        }));
        Self {
            outbox,
            line,
            users,
            stop,
            relay,
        }
    }

    /// A place, as soon as the relay gives one.
    async fn place(&self) -> Place {
        eventually(LIMIT, || async {
            let now = self.outbox.clock.now();
            self.outbox.hand_over.reserve(now).ok_or("no place")
        })
        .await
    }

    /// An event that was committed and is about to be handed over.
    async fn commit(&self) -> (Place, EventMessage) {
        let place = self.place().await;
        let event = self.outbox.sign_up_held(Some(place.hold())).await;
        (place, event)
    }

    async fn next(&mut self) -> Delivery {
        timeout(LIMIT, self.users.next()).await.unwrap().unwrap()
    }

    async fn until_waiting(&self, count: i64) {
        eventually(LIMIT, || async {
            match self.outbox.store.backlog().await.unwrap().waiting {
                waiting if waiting == count => Ok(()),
                waiting => Err(format!("{waiting} wait")),
            }
        })
        .await;
    }

    async fn until_given_back(&self, id: &str) {
        eventually(LIMIT, || async {
            let event = self.outbox.store.find_event(id).await.unwrap().unwrap();
            event.last_error.map(drop).ok_or("it is held")
        })
        .await;
    }

    /// How often an event was tried, or begun to.
    async fn attempts(&self, id: &str) -> i32 {
        let event = self.outbox.store.find_event(id).await.unwrap();
        event.unwrap().attempts
    }

    /// What another relay gets.
    async fn claim_elsewhere(&self) -> Vec<String> {
        let now = self.outbox.clock.now();
        let lease = Duration::from_secs(30);
        let store = &self.outbox.store;
        let claimed = store.claim_events("another", Lane::Others, 10, now, lease);
        let claimed = claimed.await.unwrap().into_iter();
        claimed.map(|claimed| claimed.event.id).collect()
    }
}

#[tokio::test]
async fn an_event_that_is_handed_over_is_published_without_a_claim() {
    let mut process = Process::start().await;
    let (place, event) = process.commit().await;
    assert_eq!(process.claim_elsewhere().await, [""; 0]);

    place.hand_over(event.clone());

    let delivery = process.next().await;
    assert_eq!(delivery.event, event);
    delivery.ack();
    process.until_waiting(0).await;
    assert_eq!(process.attempts(&event.id).await, 1);
}

#[tokio::test]
async fn without_a_bus_there_are_no_places_and_what_was_handed_over_is_free_for_all() {
    let mut process = Process::start().await;
    let (place, event) = process.commit().await;
    let (late, late_event) = process.commit().await;
    process.line.cut.store(true, Ordering::SeqCst);

    place.hand_over(event.clone());
    process.until_given_back(&event.id).await;
    let outbox = &process.outbox;
    assert!(outbox.hand_over.reserve(outbox.clock.now()).is_none());
    late.hand_over(late_event.clone());
    process.until_given_back(&late_event.id).await;

    let free = process.claim_elsewhere().await;
    assert_eq!(free, [event.id.as_str(), &late_event.id]);
    assert_eq!(process.attempts(&event.id).await, 1);
    let now = process.outbox.clock.now();
    let store = &process.outbox.store;
    let released = store.release_events("another", free, now, "no bus either".into());
    released.await.unwrap();
    process.line.cut.store(false, Ordering::SeqCst);
    for _ in 0..2 {
        process.next().await.ack();
    }
    process.until_waiting(0).await;
}

#[tokio::test]
async fn a_bus_that_is_lost_while_it_publishes_gets_the_event_when_it_is_back() {
    let mut process = Process::start().await;
    let (place, event) = process.commit().await;
    process.line.hidden.store(true, Ordering::SeqCst);
    process.line.cut.store(true, Ordering::SeqCst);

    place.hand_over(event.clone());
    process.until_given_back(&event.id).await;
    process.line.cut.store(false, Ordering::SeqCst);

    let delivery = process.next().await;
    assert_eq!(delivery.event, event);
    delivery.ack();
    process.until_waiting(0).await;
    process.place().await;
}

#[tokio::test]
async fn what_finds_no_room_is_claimed() {
    let mut process = Process::start().await;
    let mut places = vec![process.place().await];
    let reserve = || process.outbox.hand_over.reserve(process.outbox.clock.now());
    places.extend(std::iter::from_fn(reserve));
    assert!(places.len() > 1_000, "{}", places.len());

    let event = process.outbox.sign_up_held(None).await;
    process.outbox.wake.send_replace(());

    let delivery = process.next().await;
    assert_eq!(delivery.event, event);
    delivery.ack();
    drop(places);
    process.place().await;
}

#[tokio::test]
async fn an_event_that_is_handed_over_too_late_is_left_to_the_claims() {
    let mut process = Process::start().await;
    let (place, event) = process.commit().await;
    process.outbox.clock.advance(TOO_LATE);
    let (in_time, second) = process.commit().await;

    place.hand_over(event.clone());
    in_time.hand_over(second.clone());

    let delivery = process.next().await;
    assert_eq!(delivery.event, second);
    delivery.ack();
    process.outbox.clock.advance(HELD - TOO_LATE);
    process.outbox.wake.send_replace(());
    let delivery = process.next().await;
    assert_eq!(delivery.event, event);
    delivery.ack();
}

#[tokio::test]
async fn an_event_that_nobody_was_told_of_is_claimed_when_its_hold_ends() {
    let mut process = Process::start().await;
    let (place, event) = process.commit().await;
    drop(place);

    process.outbox.clock.advance(HELD);
    process.outbox.wake.send_replace(());

    let delivery = process.next().await;
    assert_eq!(delivery.event, event);
    delivery.ack();
    process.until_waiting(0).await;
}

#[tokio::test]
async fn a_relay_that_is_told_to_stop_publishes_what_is_still_handed_over() {
    let mut process = Process::start().await;
    let (place, event) = process.commit().await;

    process.stop.send(()).unwrap();
    let outbox = &process.outbox;
    eventually(LIMIT, || async {
        match outbox.hand_over.reserve(outbox.clock.now()) {
            None => Ok(()),
            Some(_) => Err("it gives places"),
        }
    })
    .await;
    place.hand_over(event.clone());

    let delivery = timeout(LIMIT, process.users.next()).await.unwrap();
    let delivery = delivery.unwrap();
    assert_eq!(delivery.event, event);
    delivery.ack();
    timeout(LIMIT, process.relay).await.unwrap().unwrap();
    assert_eq!(process.outbox.store.backlog().await.unwrap().waiting, 0);
}

#[tokio::test]
async fn an_event_whose_consumer_takes_longer_than_its_hold_is_not_sent_twice_meanwhile() {
    let mut process = Process::start().await;
    let (place, event) = process.commit().await;
    place.hand_over(event.clone());
    let slow = process.next().await;

    process.outbox.clock.advance(HELD);
    process.outbox.wake.send_replace(());
    eventually(LIMIT, || async {
        match process.attempts(&event.id).await {
            2 => Ok(()),
            attempts => Err(format!("{attempts} attempts")),
        }
    })
    .await;
    let other = process.outbox.sign_up_held(None).await;
    process.outbox.wake.send_replace(());

    let delivery = process.next().await;
    assert_eq!(delivery.event, other);
    delivery.ack();
    slow.ack();
    process.until_waiting(0).await;
}
