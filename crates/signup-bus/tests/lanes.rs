//! Relays of two lanes beside a database and a bus, as a process runs them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde_json::{Map, json};
use signup_bus::{Bus, InProcessBus, PublishError, Relay, RelaySettings, Step};
use signup_core::application::{Application, Directory, ProviderSettings, Rules};
use signup_core::code::{Binding, Challenge, Channel, LimitMode, SIGN_UP};
use signup_core::context::RequestContext;
use signup_core::event::{Event, EventMessage, OtpMessage};
use signup_core::sign_up::SignUpRecord;
use signup_core::time::Clock as _;
use signup_core::user::NewUser;
use signup_store::{ApplicationRecord, Change, Lane, NewChallenge, Store, StoreOptions};
use signup_testkit::{TestClock, TestDatabase};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use uuid::Uuid;

const LIMIT: Duration = Duration::from_secs(20);
/// Nothing in here happens because an interval ended.
const INTERVAL: Duration = Duration::from_secs(3600);

struct Outbox {
    store: Store,
    clock: Arc<TestClock>,
    bus: Arc<dyn Bus>,
    wake: watch::Sender<()>,
    _database: TestDatabase,
}

impl Outbox {
    async fn open() -> Self {
        let database = TestDatabase::sqlite();
        let store = Store::open(&StoreOptions {
            url: database.url().to_owned(),
            pool_size: 1,
            pool_wait: LIMIT,
            statement_timeout: LIMIT,
        })
        .unwrap();
        store.migrate().await.unwrap();
        let changes = vec![
            Change::PutDirectory("acme".into(), "people".into(), json!({})),
            Change::PutApplication(ApplicationRecord {
                provider: "acme".into(),
                id: "shop".into(),
                directory: "people".into(),
                name: "The Shop".into(),
                enabled: true,
                rules: json!({}),
                settings: json!({}),
            }),
        ];
        store.change_declarations(changes).await.unwrap();
        Self {
            store,
            clock: Arc::default(),
            bus: Arc::new(Away { known: true }),
            wake: watch::Sender::new(()),
            _database: database,
        }
    }

    fn relay(&self, lane: Lane) -> Relay {
        Relay::new(
            format!("{lane:?}"),
            self.store.clone(),
            Arc::clone(&self.bus),
            Arc::clone(&self.clock) as _,
            RelaySettings {
                lane,
                batch: 5,
                interval: INTERVAL,
                lease: INTERVAL,
            },
            self.wake.subscribe(),
        )
    }

    async fn sign_up(&self, count: usize) {
        for _ in 0..count {
            let id = Uuid::now_v7();
            let user = NewUser {
                id,
                public_id: id.to_string(),
                provider: "acme".into(),
                directory: "people".into(),
                application: "shop".into(),
                identifiers: Vec::new(),
                password_hash: None,
                profile: Map::new(),
                created_at: self.clock.now(),
            };
            let record = SignUpRecord {
                consumed: Vec::new(),
                events: vec![Event::user_created(&user, &context())],
                hold: None,
                claim: None,
                user,
            };
            self.store.sign_up(record, in_time()).await.unwrap();
        }
    }

    async fn request_code(&self) {
        let challenge = Challenge {
            id: Uuid::now_v7(),
            binding: Binding {
                provider: "acme".into(),
                application: "shop".into(),
                purpose: SIGN_UP.into(),
                channel: Channel::Sms,
                address: "+8613800000000".into(),
            },
            key_id: "k1".into(),
            digits: 6,
            created_at: self.clock.now(),
            expires_at: self.clock.now().after(Duration::from_secs(600)),
        };
        let message = OtpMessage {
            template: "sign-up-code".into(),
            locale: "en".into(),
        };
        let new = NewChallenge {
            event: Event::otp_requested(&application(), &challenge, &message, &context()),
            hold: None,
            challenge,
            limits: Vec::new(),
            limit_mode: LimitMode::Enforce,
        };
        self.store.store_challenge(new, in_time()).await.unwrap();
        self.wake.send_replace(());
    }
}

fn application() -> Application {
    let settings = ProviderSettings::new(json!({}));
    Application {
        provider: "acme".into(),
        id: "shop".into(),
        directory: Arc::new(Directory {
            provider: "acme".into(),
            id: "people".into(),
            settings: settings.clone(),
        }),
        name: "The Shop".into(),
        enabled: true,
        rules: Rules::default(),
        settings,
    }
}

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

fn context() -> RequestContext {
    RequestContext {
        request_id: "request-1".into(),
        trace_parent: None,
        client_ip: Ipv4Addr::LOCALHOST.into(),
        language: None,
        deadline: in_time(),
    }
}

fn in_time() -> Instant {
    Instant::now() + LIMIT
}
