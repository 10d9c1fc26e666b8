use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use signup_app::settings::Settings;
use signup_app::{App, CodeMessage, CodeRequest, SignUp};
use signup_core::application::Application;
use signup_core::code::{Challenge, Channel};
use signup_core::context::RequestContext;
use signup_core::event::EventMessage;
use signup_core::identifier::{EmailAddress, Identifier, PhoneNumber};
use signup_core::reply::Reply;
use signup_core::time::{Clock, SystemClock, Timestamp};
use signup_core::user::TakenIdentifier;
use signup_notify::{
    DeliveryMetrics, Inbox, LocalSender, Message, SendError, Sender, Sent, Worker,
};
use signup_store::{ApplicationRecord, Change, DeliveryStart, DeliveryState, Lane};
use tempfile::TempDir;
use uuid::Uuid;

pub const PHONE: &str = "+8613800138000";
pub const EMAIL: &str = "alice@example.com";
pub const VALID_FOR: Duration = Duration::from_secs(300);

/// A clock that moves when it is told to.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Answers as told, and after that takes every message.
#[derive(Default)]
pub struct ToldSender {
    answers: Mutex<VecDeque<SendError>>,
    inbox: Inbox,
}

#[async_trait]
impl Sender for ToldSender {
    async fn send(&self, message: &Message) -> Result<Sent, SendError> {
        let answer = self.answers.lock().unwrap().pop_front();
        match answer {
            Some(error) => Err(error),
            None => {
                LocalSender::new(self.inbox.clone(), false)
                    .send(message)
                    .await
            }
        }
    }
}

/// A process with one application, and a worker beside it.
pub struct Shop {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    pub sender: Arc<ToldSender>,
    pub worker: Arc<Worker>,
    _folder: TempDir,
}

/// An app with the application acme/shop, with these `rules.messages`.
pub async fn app(folder: &TempDir, clock: Arc<dyn Clock>, messages: Value) -> Arc<App> {
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let environment = [
        ("SIGNUP__DATABASE__URL", url.as_str()),
        ("SIGNUP__HASH__ALLOW_TEST_COST", "true"),
        ("SIGNUP__HASH__COST", "4"),
        ("SIGNUP__HASH__THREADS", "1"),
        ("SIGNUP__HASH__NICE", "0"),
        // Not the default, so that a test sees who goes by the setting.
        ("SIGNUP__WORKER__PREFETCH", "20"),
        ("SIGNUP__WEBHOOKS__ALLOW_HTTP", "true"),
        ("SIGNUP__WEBHOOKS__ALLOW_NETWORKS", "127.0.0.1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = Settings::load("", None, environment.into_iter()).unwrap();
    let app = App::start_at(settings, &["acme"], clock).await.unwrap();
    declare(&app, messages, true).await;
    app
}

pub async fn declare(app: &App, messages: Value, enabled: bool) {
    let application = ApplicationRecord {
        provider: "acme".to_owned(),
        id: "shop".to_owned(),
        directory: "shop".to_owned(),
        name: "Corner Shop".to_owned(),
        enabled,
        rules: json!({"messages": messages, "sending": {"interval_seconds": 0}}),
        settings: json!({}),
    };
    let changes = vec![
        Change::PutDirectory("acme".to_owned(), "shop".to_owned(), json!({})),
        Change::PutApplication(application),
    ];
    app.store.change_declarations(changes).await.unwrap();
    app.catalog.refresh(&app.store, &app.keys).await.unwrap();
}

fn application(app: &App) -> Arc<Application> {
    app.catalog.application("acme", "shop").unwrap()
}

pub fn context() -> RequestContext {
    RequestContext {
        request_id: "r1".to_owned(),
        trace_parent: None,
        client_ip: [192, 0, 2, 7].into(),
        language: None,
        deadline: std::time::Instant::now() + Duration::from_secs(60),
    }
}

pub async fn request_code(
    app: &App,
    (channel, address): (Channel, &str),
    message: CodeMessage,
    locale: &str,
) -> Challenge {
    let request = CodeRequest {
        application: &application(app),
        channel,
        address: address.to_owned(),
        recipient: address.to_owned(),
        digits: 6,
        valid_for: VALID_FOR,
        message,
        locale: locale.to_owned(),
    };
    app.send_code(request, &context()).await.unwrap()
}

pub fn email(verified: bool) -> TakenIdentifier {
    let identifier = Identifier::from(EmailAddress::parse(EMAIL).unwrap());
    TakenIdentifier {
        identifier,
        verified,
    }
}

pub fn phone(verified: bool) -> TakenIdentifier {
    let identifier = Identifier::from(PhoneNumber::parse_international(PHONE).unwrap());
    TakenIdentifier {
        identifier,
        verified,
    }
}

pub async fn sign_up(app: &App, identifiers: Vec<TakenIdentifier>) {
    let sign_up = SignUp {
        application: &application(app),
        identifiers,
        password: None,
        codes: Vec::new(),
        profile: Map::new(),
        public_id: || format!("u{}", Uuid::now_v7().simple()),
        claim: None,
        reply: &|_| Reply::json(200, &json!({})),
    };
    app.sign_up(sign_up, &context()).await.unwrap();
}

impl Shop {
    pub async fn open() -> Self {
        Self::with_messages(json!({"locale": "en", "welcome": true})).await
    }

    pub async fn with_messages(messages: Value) -> Self {
        let folder = TempDir::new().unwrap();
        let now = SystemClock.now().as_millis();
        let clock = Arc::new(ManualClock(AtomicI64::new(now)));
        let app = app(&folder, Arc::clone(&clock) as _, messages).await;
        let sender = Arc::new(ToldSender::default());
        let metrics = DeliveryMetrics::register(&app.metrics.registry);
        let worker = Arc::new(Worker::new(&app, Arc::clone(&sender) as _, metrics));
        Self {
            app,
            clock,
            sender,
            worker,
            _folder: folder,
        }
    }

    /// Asks for a code by SMS, in English.
    pub async fn request_code(&self) -> Challenge {
        request_code(&self.app, (Channel::Sms, PHONE), CodeMessage::Code, "en").await
    }

    /// The events that nobody has claimed yet, the oldest first.
    pub async fn events(&self) -> Vec<EventMessage> {
        let (now, lease) = (self.clock.now(), Duration::from_secs(3600));
        let mut events = Vec::new();
        for lane in [Lane::Codes, Lane::Others] {
            let claimed = self.app.store.claim_events("test", lane, 100, now, lease);
            events.extend(claimed.await.unwrap());
        }
        events.sort_by_key(|event| event.sequence);
        events.into_iter().map(|claimed| claimed.event).collect()
    }

    pub async fn event(&self) -> EventMessage {
        let mut events = self.events().await;
        assert_eq!(events.len(), 1);
        events.remove(0)
    }

    /// What the sender answers to the next messages.
    pub fn sender_answers(&self, answers: impl IntoIterator<Item = SendError>) {
        self.sender.answers.lock().unwrap().extend(answers);
    }

    /// The messages that were taken, the newest first.
    pub fn sent(&self) -> Vec<Message> {
        self.sender.inbox.newest_first()
    }

    /// What is recorded of an event's message; a failed or missing delivery is started by asking.
    pub async fn recorded(&self, event: &EventMessage) -> Option<DeliveryState> {
        let start = self.app.store.start_delivery(&event.id, self.clock.now());
        match start.await.unwrap() {
            DeliveryStart::Send => None,
            DeliveryStart::UnderWay(_) => Some(DeliveryState::Started),
            DeliveryStart::Done(state) => Some(state),
        }
    }
}
