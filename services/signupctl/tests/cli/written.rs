//! What services and relays write, without one of them.

use std::time::{Duration, Instant};

use serde_json::{Map, json};
use signup_core::context::RequestContext;
use signup_core::event::Event;
use signup_core::sign_up::{SignUpOutcome, SignUpRecord};
use signup_core::time::{Clock as _, SystemClock};
use signup_core::user::NewUser;
use signup_store::{Lane, Store};
use uuid::Uuid;

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().unwrap()
}

/// Alice, with neither identifiers nor a password.
pub fn alice(provider: &str, public_id: &str) -> NewUser {
    NewUser {
        id: Uuid::now_v7(),
        public_id: public_id.to_owned(),
        provider: provider.to_owned(),
        directory: "A3bdXNT3".to_owned(),
        application: "A3bdXNT3".to_owned(),
        identifiers: Vec::new(),
        password_hash: None,
        profile: Map::from_iter([("name".to_owned(), json!("Alice Liddell"))]),
        created_at: SystemClock.now(),
    }
}

/// Writes a user, and returns the id of its event.
pub async fn sign_up(store: &Store, user: NewUser) -> String {
    let context = RequestContext {
        request_id: "request-1".to_owned(),
        trace_parent: None,
        client_ip: [127, 0, 0, 1].into(),
        language: None,
        deadline: Instant::now() + Duration::from_secs(60),
    };
    let event = Event::user_created(&user, &context);
    let id = event.id.to_string();
    let record = SignUpRecord {
        user,
        consumed: Vec::new(),
        events: vec![event],
        request_id: context.request_id.clone(),
        hold: None,
        claim: None,
    };
    let written = store.sign_up(record, context.deadline).await;
    assert_eq!(written.unwrap(), SignUpOutcome::Created);
    id
}

/// Marks all events as published.
pub async fn publish_all(store: &Store) {
    let (now, lease) = (SystemClock.now(), Duration::from_secs(30));
    let claimed = store
        .claim_events("test", Lane::Others, 100, now, lease)
        .await
        .unwrap();
    let ids = claimed.into_iter().map(|one| one.event.id).collect();
    store.mark_published("test", ids, now).await.unwrap();
}
