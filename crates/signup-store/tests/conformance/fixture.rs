//! A migrated store with one directory and one application, and the values that tests put into it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, json};
use signup_core::application::{Application, Directory, ProviderSettings, Rules};
use signup_core::code::{Binding, Challenge, Channel, Limit, LimitMode, SIGN_UP};
use signup_core::context::RequestContext;
use signup_core::event::{Event, OtpMessage};
use signup_core::identifier::{EmailAddress, Identifier, Username, UsernameRule};
use signup_core::sign_up::SignUpRecord;
use signup_core::time::Timestamp;
use signup_core::user::{NewUser, PasswordHash, TakenIdentifier};
use signup_store::{ApplicationRecord, Change, NewChallenge, Store, StoreOptions};
use signup_testkit::TestDatabase;
use uuid::Uuid;

/// The time at which every test begins.
pub const NOW: Timestamp = Timestamp::from_millis(1_726_658_461_000);

pub struct Fixture {
    pub database: TestDatabase,
    pub store: Store,
}

impl Fixture {
    pub async fn new(database: TestDatabase) -> Self {
        let store = open(&database);
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
        Self { database, store }
    }

    /// The same database through a pool of its own, as another process sees it.
    pub fn another_process(&self) -> Store {
        open(&self.database)
    }

    /// Stores a code request without limits and returns its challenge.
    pub async fn challenge(&self, address: &str) -> Challenge {
        let new = new_challenge(address, Vec::new());
        let challenge = new.challenge.clone();
        self.store.store_challenge(new, later()).await.unwrap();
        challenge
    }
}

pub fn open(database: &TestDatabase) -> Store {
    Store::open(&StoreOptions {
        url: database.url().to_owned(),
        pool_size: 8,
        pool_wait: Duration::from_secs(30),
        statement_timeout: Duration::from_secs(30),
    })
    .unwrap()
}

/// A deadline that no test meets.
pub fn later() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

pub fn context() -> RequestContext {
    RequestContext {
        request_id: "request-1".into(),
        trace_parent: None,
        client_ip: Ipv4Addr::LOCALHOST.into(),
        language: None,
        deadline: later(),
    }
}

pub fn application() -> Application {
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

/// A sign-up that takes these identifiers and uses up these codes.
pub fn sign_up(identifiers: Vec<Identifier>, consumed: Vec<Uuid>) -> SignUpRecord {
    let id = Uuid::now_v7();
    let user = NewUser {
        id,
        public_id: format!("u{}", id.simple()),
        provider: "acme".into(),
        directory: "people".into(),
        application: "shop".into(),
        identifiers: identifiers
            .into_iter()
            .map(|identifier| TakenIdentifier {
                identifier,
                verified: false,
            })
            .collect(),
        password_hash: Some(PasswordHash::new("$2b$04$hash".into())),
        profile: Map::from_iter([("nickname".into(), json!("Bob"))]),
        created_at: NOW,
    };
    SignUpRecord {
        consumed,
        events: vec![Event::user_created(&user, &context())],
        request_id: context().request_id,
        hold: None,
        claim: None,
        user,
    }
}

pub fn named(name: &str) -> Identifier {
    Username::parse(name, UsernameRule::Open).unwrap().into()
}

pub fn email(address: &str) -> Identifier {
    EmailAddress::parse(address).unwrap().into()
}

pub fn new_challenge(address: &str, limits: Vec<Limit>) -> NewChallenge {
    let challenge = Challenge {
        id: Uuid::now_v7(),
        binding: binding(address),
        key_id: "k1".into(),
        digits: 6,
        created_at: NOW,
        expires_at: NOW.after(Duration::from_secs(600)),
    };
    let message = OtpMessage {
        recipient: challenge.binding.address.clone(),
        template: "sign-up-code".into(),
        locale: "en".into(),
    };
    NewChallenge {
        event: Event::otp_requested(&application(), &challenge, &message, &context()),
        hold: None,
        challenge,
        limits,
        limit_mode: LimitMode::Enforce,
    }
}

pub fn binding(address: &str) -> Binding {
    Binding {
        provider: "acme".into(),
        application: "shop".into(),
        purpose: SIGN_UP.into(),
        channel: Channel::Email,
        address: address.into(),
    }
}
