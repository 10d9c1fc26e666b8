use signup_core::context::RequestContext;
use signup_core::event::{Event, KnownUser};
use std::time::{Duration, Instant};

use serde_json::Map;
use signup_core::identifier::{Username, UsernameRule};
use signup_core::sign_up::SignUpRecord;
use signup_core::user::{NewUser, TakenIdentifier};
use uuid::Uuid;

use crate::desk::Desk;

fn context() -> RequestContext {
    RequestContext {
        request_id: "order-17".to_owned(),
        trace_parent: None,
        client_ip: [127, 0, 0, 1].into(),
        language: None,
        deadline: Instant::now() + Duration::from_secs(60),
    }
}

/// A user of this name, and one more event about it.
pub async fn sign_up(desk: &Desk, name: &str) {
    let user = NewUser {
        id: Uuid::now_v7(),
        public_id: format!("id-of-{name}"),
        provider: "ciam".to_owned(),
        directory: "tenant".to_owned(),
        application: "shop".to_owned(),
        identifiers: vec![TakenIdentifier {
            identifier: Username::parse(&format!("secret-{name}"), UsernameRule::Open)
                .unwrap()
                .into(),
            verified: false,
        }],
        password_hash: None,
        profile: Map::new(),
        created_at: desk.now(),
    };
    let known = KnownUser {
        public_id: user.public_id.clone(),
        provider: user.provider.clone(),
        directory: user.directory.clone(),
        application: user.application.clone(),
    };
    let record = SignUpRecord {
        consumed: Vec::new(),
        events: vec![
            Event::user_created(&user, &context()),
            Event::user_exported(&known, desk.now(), &context()),
        ],
        request_id: "order-17".to_owned(),
        hold: None,
        claim: None,
        user,
    };
    let store = &desk.service.app.store;
    store.sign_up(record, context().deadline).await.unwrap();
}

#[tokio::test]
async fn the_newest_events_are_listed_without_what_they_say_about_people() {
    let desk = Desk::open().await;
    let rita = desk.signed_in("rita").await;
    rita.get("/events").await.shows("No event of this kind");
    for number in 0..30 {
        sign_up(&desk, &format!("n{number:02}")).await;
    }

    let page = rita.get("/events").await;

    page.shows("href=\"/users/ciam/id-of-n29\"");
    page.shows("/ciam/tenant/shop");
    page.shows("data-refresh=\"3\"");
    assert!(!page.body.contains("secret-"), "{}", page.body);
    assert_eq!(
        page.body.matches("<tr>").count(),
        51,
        "50, and the headings"
    );
    let older = format!("/events?before={}", page.field("before"));
    let older = rita.get(&older).await;
    assert_eq!(older.body.matches("<tr>").count(), 11);
    older.shows("id-of-n00");
    assert!(
        !older.body.contains("data-refresh"),
        "only the newest change"
    );
}

#[tokio::test]
async fn events_are_chosen_by_type_and_provider() {
    let desk = Desk::open().await;
    sign_up(&desk, "one").await;
    let mut rita = desk.signed_in("rita").await;
    let exported = rita.get("/events?type=signup.user.exported.v1").await;
    assert_eq!(exported.body.matches("<tr>").count(), 2);
    rita.get("/events?provider=ciam").await.shows("id-of-one");
    let none = rita.get("/events?provider=xdua").await;
    none.shows("No event of this kind");
    assert!(!none.body.contains("id-of-one"));
    rita.language = Some("zh-CN");
    rita.get("/events").await.shows("<h1>事件</h1>");
}
