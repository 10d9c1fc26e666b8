use std::time::Duration;

use signup_core::event::EventType;
use signup_core::time::{Clock as _, SystemClock};
use signup_store::{EventFilter, Lane, StoredEvent};

use crate::fixture::{Fixture, NOW, later, named, sign_up};
use crate::on_both;

on_both!(
    events_are_listed_page_by_page_in_their_order,
    only_the_events_of_the_filter_are_listed,
    a_replayed_event_waits_again_with_its_id_and_since_now,
);

const LEASE: Duration = Duration::from_secs(30);

fn everything() -> EventFilter {
    let now = SystemClock.now();
    EventFilter {
        types: EventType::ALL
            .map(|event_type| event_type.as_str().to_owned())
            .into(),
        since: now.before(Duration::from_secs(3600)),
        until: now.after(Duration::from_secs(3600)),
    }
}

async fn with_users(fixture: &Fixture, count: usize) {
    for number in 0..count {
        let record = sign_up(vec![named(&format!("user{number}"))], Vec::new());
        fixture.store.sign_up(record, later()).await.unwrap();
    }
}

async fn listed(fixture: &Fixture, filter: &EventFilter) -> Vec<StoredEvent> {
    fixture.store.list_events(filter, None, 100).await.unwrap()
}

async fn publish_all(fixture: &Fixture) {
    let store = &fixture.store;
    let claimed = store
        .claim_events("a", Lane::Others, 100, NOW, LEASE)
        .await
        .unwrap();
    let ids = claimed
        .iter()
        .map(|claimed| claimed.event.id.clone())
        .collect();
    store.mark_published("a", ids, NOW).await.unwrap();
}

async fn events_are_listed_page_by_page_in_their_order(fixture: Fixture) {
    with_users(&fixture, 5).await;
    let whole = listed(&fixture, &everything()).await;
    assert_eq!(whole.len(), 5);
    assert!(whole.iter().all(|stored| stored.published_at.is_none()));

    let mut paged = Vec::new();
    let mut after = None;
    loop {
        let page = fixture
            .store
            .list_events(&everything(), after.as_deref(), 2)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.event.id.clone());
        paged.extend(page);
    }
    assert_eq!(paged, whole);
    assert!(whole.is_sorted_by_key(|stored| stored.event.id.clone()));
}

async fn only_the_events_of_the_filter_are_listed(fixture: Fixture) {
    with_users(&fixture, 1).await;
    fixture.challenge("bob@example.com").await;
    let all = listed(&fixture, &everything()).await;
    assert_eq!(all.len(), 2);

    let mut codes = everything();
    codes.types = vec![EventType::OtpRequested.as_str().to_owned()];
    let [code] = listed(&fixture, &codes).await.try_into().unwrap();
    assert_eq!(code.event.event_type, "signup.otp.requested.v1");

    let mut past = everything();
    past.until = past.since;
    past.since = NOW;
    assert_eq!(listed(&fixture, &past).await, []);

    let found = fixture.store.find_event(&code.event.id).await.unwrap();
    assert_eq!(found, Some(code));
    assert_eq!(fixture.store.find_event("nothing").await.unwrap(), None);
}

async fn a_replayed_event_waits_again_with_its_id_and_since_now(fixture: Fixture) {
    let store = &fixture.store;
    with_users(&fixture, 2).await;
    publish_all(&fixture).await;
    assert_eq!(store.backlog().await.unwrap().waiting, 0);
    let before = listed(&fixture, &everything()).await;
    let later = NOW.after(Duration::from_secs(86_400));

    let id = before[0].event.id.clone();
    assert_eq!(
        store.replay_events(vec![id.clone()], later).await.unwrap(),
        1
    );

    let backlog = store.backlog().await.unwrap();
    assert_eq!((backlog.waiting, backlog.oldest), (1, Some(later)));
    let claimed = store
        .claim_events("b", Lane::Others, 100, later, LEASE)
        .await
        .unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].event, before[0].event);
    assert_eq!(claimed[0].attempts, 1);
    // It waits already: once more is not twice more.
    assert_eq!(store.replay_events(vec![id], later).await.unwrap(), 0);
}
