//! While a mail server takes its time, the database is free for others.

use std::sync::Arc;
use std::time::{Duration, Instant};

use notify_worker::channel::{ChannelSettings, Channels};
use serde_json::{Value, json};
use signup_app::settings::Settings;
use signup_app::{App, CodeMessage, CodeRequest};
use signup_core::code::Channel;
use signup_core::context::RequestContext;
use signup_notify::{DeliveryMetrics, Worker};
use signup_store::{ApplicationRecord, Change, DeliveryState, Lane};
use signup_testkit::mail::{ANYBODY, Answer};
use signup_testkit::{TestDatabase, TestMailServer, eventually};

/// More messages than the pool has connections.
const MESSAGES: usize = 4;

async fn start(database: &TestDatabase, mail_port: u16) -> (Arc<App>, Channels) {
    let port = mail_port.to_string();
    let environment = [
        ("SIGNUP__DATABASE__URL", database.url()),
        ("SIGNUP__DATABASE__POOL_SIZE", "2"),
        (
            "SIGNUP__SECRETS__KEYS",
            "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        ),
        ("SIGNUP__WORKER__EMAIL", "mail"),
        ("SIGNUP__CHANNEL__MAIL__KIND", "smtp"),
        ("SIGNUP__CHANNEL__MAIL__HOST", "127.0.0.1"),
        ("SIGNUP__CHANNEL__MAIL__PORT", &port),
        ("SIGNUP__CHANNEL__MAIL__TLS", "none"),
        ("SIGNUP__CHANNEL__MAIL__FROM", "no-reply@example.com"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (settings, channels) =
        Settings::load_with("", None, environment.into_iter(), ChannelSettings::read).unwrap();
    let app = App::start(settings, &["acme"]).await.unwrap();
    let changes = vec![
        Change::PutDirectory("acme".to_owned(), "shop".to_owned(), json!({})),
        Change::PutApplication(ApplicationRecord {
            provider: "acme".to_owned(),
            id: "shop".to_owned(),
            directory: "shop".to_owned(),
            name: "Shop".to_owned(),
            enabled: true,
            rules: Value::Object(serde_json::Map::new()),
            settings: json!({}),
        }),
    ];
    app.store.change_declarations(changes).await.unwrap();
    app.catalog.refresh(&app.store, &app.keys).await.unwrap();
    let channels = Channels::open(&channels, &app.clock, &app.metrics.registry).unwrap();
    (app, channels)
}

async fn request_code(app: &App, address: String) {
    let application = app.catalog.application("acme", "shop").unwrap();
    let request = CodeRequest {
        application: &application,
        channel: Channel::Email,
        recipient: address.clone(),
        address,
        digits: 6,
        valid_for: Duration::from_secs(300),
        message: CodeMessage::Code,
        locale: "en".to_owned(),
    };
    let context = RequestContext {
        request_id: "r1".to_owned(),
        trace_parent: None,
        client_ip: [192, 0, 2, 7].into(),
        language: None,
        deadline: Instant::now() + Duration::from_secs(60),
    };
    app.send_code(request, &context).await.unwrap();
}

async fn while_mail_takes_five_seconds_the_database_answers(database: TestDatabase) {
    let mut server = TestMailServer::start();
    server.answer(ANYBODY, &Answer::Delay(Duration::from_secs(5)));
    let (app, channels) = start(&database, server.port()).await;
    let metrics = DeliveryMetrics::register(&app.metrics.registry);
    let worker = Arc::new(Worker::new(&app, Arc::new(channels), metrics));
    for number in 0..MESSAGES {
        request_code(&app, format!("user{number}@example.com")).await;
    }
    let now = app.clock.now();
    let lease = Duration::from_secs(600);
    let events = app.store.claim_events("test", Lane::Codes, 100, now, lease);
    let events: Vec<_> = events
        .await
        .unwrap()
        .into_iter()
        .map(|one| one.event)
        .collect();
    assert_eq!(events.len(), MESSAGES);

    let sending: Vec<_> = events
        .into_iter()
        .map(|event| {
            let worker = Arc::clone(&worker);
            tokio::spawn(async move { worker.handle(&event).await })
        })
        .collect();
    // The server keeps a message before it waits: from then on all are being sent.
    eventually(Duration::from_secs(20), || async {
        match server.messages().len() {
            MESSAGES => Ok(()),
            count => Err(format!("{count} messages are with the server")),
        }
    })
    .await;

    let mut slowest = Duration::ZERO;
    let mut asked = 0;
    while !sending.iter().any(tokio::task::JoinHandle::is_finished) {
        let start = Instant::now();
        app.store.declaration_revision().await.unwrap();
        slowest = slowest.max(start.elapsed());
        asked += 1;
    }
    for one in sending {
        one.await.unwrap();
    }
    println!("{asked} questions while {MESSAGES} messages were sent; the slowest took {slowest:?}");
    assert!(asked > 10, "the messages were not being sent: {asked}");
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    let metrics = prometheus::TextEncoder::new()
        .encode_to_string(&app.metrics.registry.gather())
        .unwrap();
    let delivered = DeliveryState::Delivered.as_str();
    let line = format!(
        "signup_deliveries_total{{channel=\"email\",message=\"code\",outcome=\"{delivered}\"}} {MESSAGES}"
    );
    assert!(metrics.contains(&line), "{metrics}");
}

#[tokio::test]
async fn a_slow_mail_server_holds_no_connection_to_postgresql() {
    while_mail_takes_five_seconds_the_database_answers(TestDatabase::postgres()).await;
}

#[tokio::test]
async fn a_slow_mail_server_holds_no_connection_to_sqlite() {
    while_mail_takes_five_seconds_the_database_answers(TestDatabase::sqlite()).await;
}
