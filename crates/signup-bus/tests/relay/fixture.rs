//! An outbox and what relays need beside it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, json};
use signup_bus::{Bus, HandOver, InProcessBus, Relay, RelaySettings};
use signup_core::application::{Application, Directory, ProviderSettings, Rules};
use signup_core::code::{Binding, Challenge, Channel, LimitMode, SIGN_UP};
use signup_core::context::RequestContext;
use signup_core::event::{Event, EventMessage, Hold, OtpMessage};
use signup_core::sign_up::SignUpRecord;
use signup_core::time::Clock as _;
use signup_core::user::NewUser;
use signup_store::{ApplicationRecord, Change, Lane, NewChallenge, Store, StoreOptions};
use signup_testkit::{TestClock, TestDatabase};
use tokio::sync::watch;
use uuid::Uuid;

pub const LIMIT: Duration = Duration::from_secs(20);
/// Nothing in here happens because an interval ended.
const INTERVAL: Duration = Duration::from_secs(3600);

pub struct Outbox {
    pub store: Store,
    pub clock: Arc<TestClock>,
    pub bus: Arc<dyn Bus>,
    pub wake: watch::Sender<()>,
    pub hand_over: HandOver,
    _database: TestDatabase,
}

impl Outbox {
    pub async fn open() -> Self {
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
            bus: Arc::new(InProcessBus::new()),
            wake: watch::Sender::new(()),
            hand_over: HandOver::new(),
            _database: database,
        }
    }

    pub fn relay(&self, lane: Lane) -> Relay {
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
        .taking_over(&self.hand_over)
    }

    pub async fn sign_up(&self, count: usize) {
        for _ in 0..count {
            self.sign_up_held(None).await;
        }
    }

    /// A sign-up's event as it is committed.
    pub async fn sign_up_held(&self, hold: Option<&Hold>) -> EventMessage {
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
        let event = Event::user_created(&user, &context());
        let message = EventMessage::from(&event);
        let record = SignUpRecord {
            consumed: Vec::new(),
            events: vec![event],
            request_id: context().request_id,
            hold: hold.cloned(),
            claim: None,
            user,
        };
        self.store.sign_up(record, in_time()).await.unwrap();
        message
    }

    pub async fn request_code(&self) {
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
            recipient: challenge.binding.address.clone(),
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
