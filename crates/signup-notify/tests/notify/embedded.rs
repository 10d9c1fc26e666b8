use std::sync::Arc;
use std::time::Duration;

use prometheus::TextEncoder;
use serde_json::json;
use signup_app::CodeMessage;
use signup_core::code::Channel;
use signup_core::time::{Clock, SystemClock, Timestamp};
use signup_notify::{Inbox, LocalSender, Message, MessageKind, Registered, Sender, start_embedded};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::fixture::{EMAIL, PHONE, app, context, email, request_code, sign_up};

const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn codes_and_welcomes_reach_the_inbox_of_the_process() {
    let folder = TempDir::new().unwrap();
    let app = app(&folder, Arc::new(SystemClock), json!({"welcome": true})).await;
    let embedded = start_embedded(&app, false);

    let challenge = request_code(&app, (Channel::Sms, PHONE), CodeMessage::Code, "en").await;
    let coded = embedded.inbox.wait_for(|message| message.address == PHONE);
    let code = timeout(LIMIT, coded).await.unwrap().code.unwrap();
    assert!(app.check_code(&challenge, &code, &context()).await.is_ok());
    sign_up(&app, vec![email(true)]).await;
    let welcome = embedded.inbox.wait_for(|message| message.address == EMAIL);
    let welcome = timeout(LIMIT, welcome).await.unwrap();
    assert_eq!(welcome.kind, MessageKind::Welcome);

    timeout(LIMIT, embedded.stop()).await.unwrap();
    let metrics = TextEncoder::new()
        .encode_to_string(&app.metrics.registry.gather())
        .unwrap();
    for expected in [
        r#"signup_deliveries_total{channel="email",message="welcome",outcome="delivered"} 1"#,
        r#"signup_deliveries_total{channel="sms",message="code",outcome="delivered"} 1"#,
        "signup_events_published_total 2",
        "signup_events_unpublished_total{reason=\"refused\"} 0",
    ] {
        assert!(metrics.lines().any(|line| line == expected), "{metrics}");
    }
}

#[tokio::test]
async fn what_was_accepted_before_the_stop_is_sent_before_the_end() {
    let folder = TempDir::new().unwrap();
    let app = app(&folder, Arc::new(SystemClock), json!({})).await;
    let mut embedded = start_embedded(&app, false);
    embedded.tail();
    let inbox = embedded.inbox.clone();

    request_code(&app, (Channel::Sms, PHONE), CodeMessage::Code, "en").await;
    timeout(LIMIT, embedded.stop()).await.unwrap();

    assert_eq!(inbox.newest_first().len(), 1);
    assert_eq!(app.store.backlog().await.unwrap().waiting, 0);
}

#[tokio::test]
async fn the_inbox_keeps_the_newest_messages() {
    let inbox = Inbox::new();
    let sender = LocalSender::new(inbox.clone(), false);
    let count = Inbox::CAPACITY + 3;
    for number in 0..count {
        sender.send(&note(number)).await.unwrap();
    }

    let ids: Vec<String> = inbox
        .newest_first()
        .into_iter()
        .map(|message| message.event_id)
        .collect();
    let expected: Vec<String> = (3..count).rev().map(|number| number.to_string()).collect();
    assert_eq!(ids, expected);
}

fn note(number: usize) -> Message {
    Message {
        channel: Channel::Email,
        address: EMAIL.to_owned(),
        provider: "acme".to_owned(),
        application: "shop".to_owned(),
        application_name: "Corner Shop".to_owned(),
        kind: MessageKind::Welcome,
        locale: "en".to_owned(),
        subject: Some("Hello".to_owned()),
        text: "Hello".to_owned(),
        code: None,
        expires_at: None,
        registered: Registered::default(),
        event_id: number.to_string(),
        time: Timestamp::from_millis(SystemClock.now().as_millis()),
    }
}
