use std::collections::HashSet;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use serde_json::json;
use signup_core::time::Timestamp;
use signup_store::{
    AttemptEnd, AttemptReport, AuditFilter, Retention, Store, StoreError, StoreOptions, Webhook,
    WebhookDelivery, WebhookDeliveryState, WebhookEvent, WebhookState,
};
use signup_testkit::author;
use uuid::Uuid;

use crate::fixture::{Fixture, NOW, later, named, sign_up};
use crate::on_both;

on_both!(
    an_event_is_queued_once_for_each_active_webhook_that_wants_it,
    a_delivery_is_claimed_by_one_dispatcher_until_its_lease_ends,
    dispatchers_side_by_side_share_the_deliveries,
    a_dispatcher_that_lost_its_lease_records_a_success_only,
    what_was_not_sent_for_a_reason_of_ours_is_no_attempt,
    an_endpoint_that_fails_for_too_long_is_disabled_once,
    a_success_ends_the_time_of_failing,
    a_webhook_that_is_not_active_or_is_held_has_nothing_due,
    of_two_rotations_at_once_one_counts,
    replaying_brings_back_what_failed_and_what_was_before,
    finished_deliveries_are_swept_and_waiting_ones_stay,
    deleting_a_webhook_removes_its_deliveries,
    a_webhook_with_many_deliveries_is_deleted,
    one_caller_tells_the_contact,
);

const LEASE: Duration = Duration::from_secs(50);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const CREATED: &str = "signup.user.created.v1";

pub fn webhook(id: &str) -> Webhook {
    Webhook {
        id: id.into(),
        url: format!("https://{id}.example.com/hook"),
        event_types: Vec::new(),
        provider: None,
        application: None,
        state: WebhookState::Active,
        state_since: NOW,
        disabled_reason: None,
        sealed_secret: "sealed-1".into(),
        previous_secret: None,
        contact: None,
        created_at: NOW,
        failing_since: None,
        held_until: None,
    }
}

/// What the audit log has, the oldest first.
async fn actions(store: &Store) -> Vec<String> {
    let entries = store.audit_entries(AuditFilter::default(), 100).await;
    let entries = entries.unwrap().into_iter().rev();
    entries.map(|(_, entry)| entry.action).collect()
}

async fn with_webhook(fixture: &Fixture, id: &str) {
    fixture
        .store
        .insert_webhook(&webhook(id), &author(NOW))
        .await
        .unwrap();
}

/// Signs somebody up and queues the event; returns its id.
async fn queue(fixture: &Fixture, name: &str) -> String {
    let record = sign_up(vec![named(name)], Vec::new());
    let id = record.events[0].id.to_string();
    fixture.store.sign_up(record, later()).await.unwrap();
    queue_event(&fixture.store, &id).await;
    id
}

async fn queue_event(store: &Store, id: &str) -> usize {
    let event = WebhookEvent {
        id,
        event_type: CREATED,
        provider: "acme",
        application: "shop",
    };
    store.insert_webhook_deliveries(event, NOW).await.unwrap()
}

async fn claim(store: &Store, dispatcher: &str, now: Timestamp) -> Vec<(String, i32)> {
    let claimed = store
        .claim_webhook_deliveries(dispatcher, "hook", 100, now, LEASE)
        .await
        .unwrap();
    claimed
        .into_iter()
        .map(|claimed| (claimed.event_id, claimed.attempt))
        .collect()
}

fn report(event_id: &str, attempt: i32, end: AttemptEnd) -> AttemptReport {
    AttemptReport {
        webhook: "hook".into(),
        event_id: event_id.into(),
        attempt,
        end,
        status: Some(if end == AttemptEnd::Delivered {
            204
        } else {
            500
        }),
        problem: (end != AttemptEnd::Delivered).then(|| "answered 500".into()),
        held_until: None,
        disable: None,
    }
}

async fn record(
    store: &Store,
    dispatcher: &str,
    report: AttemptReport,
    now: Timestamp,
) -> Option<String> {
    store
        .record_webhook_attempt(dispatcher, report, 3 * DAY, now)
        .await
        .unwrap()
        .disabled
}

async fn delivery(store: &Store, event_id: &str) -> WebhookDelivery {
    let all = store.webhook_deliveries("hook", None, 100).await.unwrap();
    all.into_iter()
        .find(|one| one.event_id == event_id)
        .unwrap()
}

async fn stored(store: &Store) -> Webhook {
    store.find_webhook("hook").await.unwrap().unwrap()
}

async fn an_event_is_queued_once_for_each_active_webhook_that_wants_it(fixture: Fixture) {
    let store = &fixture.store;
    assert_eq!(queue_event(store, "nobody").await, 0);
    let mut wanting = [webhook("all"), webhook("typed"), webhook("shop")];
    wanting[1].event_types = vec!["signup.other.v1".into(), CREATED.into()];
    wanting[2].provider = Some("acme".into());
    wanting[2].application = Some("shop".into());
    let mut others = [
        webhook("type"),
        webhook("provider"),
        webhook("app"),
        webhook("paused"),
    ];
    others[0].event_types = vec!["signup.user.created.v11".into()];
    others[1].provider = Some("other".into());
    others[2].application = Some("kiosk".into());
    others[3].state = WebhookState::Paused;
    for webhook in wanting.iter().chain(&others) {
        store.insert_webhook(webhook, &author(NOW)).await.unwrap();
        assert_eq!(
            store.find_webhook(&webhook.id).await.unwrap().as_ref(),
            Some(webhook)
        );
    }

    assert_eq!(queue_event(store, "event").await, 3);
    assert_eq!(queue_event(store, "event").await, 0);

    for webhook in &wanting {
        let queued = store
            .webhook_deliveries(&webhook.id, None, 10)
            .await
            .unwrap();
        assert_eq!(queued.len(), 1, "{}", webhook.id);
    }
    let backlog = store.webhook_backlog().await.unwrap();
    assert_eq!((backlog.pending, backlog.oldest), (3, Some(NOW)));
}

async fn a_delivery_is_claimed_by_one_dispatcher_until_its_lease_ends(fixture: Fixture) {
    let store = &fixture.store;
    with_webhook(&fixture, "hook").await;
    let event = queue(&fixture, "bob").await;

    let first = store
        .claim_webhook_deliveries("a", "hook", 10, NOW, LEASE)
        .await
        .unwrap();
    assert!(first[0].envelope.as_ref().unwrap().contains(&event));
    let early = NOW.after(LEASE - Duration::from_millis(1));
    assert_eq!(claim(store, "b", early).await, []);
    assert_eq!(store.due_webhooks(early).await.unwrap(), []);

    assert_eq!(
        claim(store, "b", NOW.after(LEASE)).await,
        [(event.clone(), 2)]
    );
    let known = delivery(store, &event).await;
    assert_eq!(known.first_attempt_at, Some(NOW));
    assert_eq!(known.last_attempt_at, Some(NOW.after(LEASE)));
}

async fn dispatchers_side_by_side_share_the_deliveries(fixture: Fixture) {
    with_webhook(&fixture, "hook").await;
    for number in 0..40 {
        queue_event(&fixture.store, &format!("event-{number:02}")).await;
    }
    let processes = [fixture.store.clone(), fixture.another_process()];
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let store = processes[number % 2].clone();
            tokio::spawn(async move {
                let name = number.to_string();
                let claimed = store.claim_webhook_deliveries(&name, "hook", 7, NOW, LEASE);
                claimed.await.unwrap()
            })
        })
        .collect();
    let mut claimed = Vec::new();
    for task in tasks {
        claimed.extend(task.await.unwrap().into_iter().map(|one| one.event_id));
    }
    claimed.extend(
        claim(&fixture.store, "rest", NOW)
            .await
            .into_iter()
            .map(|one| one.0),
    );
    let distinct: HashSet<_> = claimed.iter().collect();
    assert_eq!((claimed.len(), distinct.len()), (40, 40));
}

async fn a_dispatcher_that_lost_its_lease_records_a_success_only(fixture: Fixture) {
    let store = &fixture.store;
    with_webhook(&fixture, "hook").await;
    let event = queue(&fixture, "bob").await;
    claim(store, "a", NOW).await;
    let later = NOW.after(LEASE);
    claim(store, "b", later).await;

    record(store, "a", report(&event, 1, AttemptEnd::Failed), later).await;
    assert_eq!(
        delivery(store, &event).await.state,
        WebhookDeliveryState::Pending
    );
    assert_eq!(claim(store, "c", later).await, [], "b still holds it");

    record(store, "a", report(&event, 1, AttemptEnd::Delivered), later).await;
    assert_eq!(
        delivery(store, &event).await.state,
        WebhookDeliveryState::Delivered
    );
    record(
        store,
        "b",
        report(&event, 2, AttemptEnd::Retry(later)),
        later,
    )
    .await;
    assert_eq!(
        delivery(store, &event).await.state,
        WebhookDeliveryState::Delivered
    );
}

async fn what_was_not_sent_for_a_reason_of_ours_is_no_attempt(fixture: Fixture) {
    let store = &fixture.store;
    with_webhook(&fixture, "hook").await;
    let event = queue(&fixture, "bob").await;
    claim(store, "a", NOW).await;
    let later = NOW.after(LEASE);
    record(
        store,
        "a",
        report(&event, 1, AttemptEnd::Unsent(later)),
        NOW,
    )
    .await;

    assert_eq!(delivery(store, &event).await.attempts, 0);
    assert_eq!(stored(store).await.failing_since, None);
    assert_eq!(claim(store, "a", later).await, [(event, 1)]);
}

async fn an_endpoint_that_fails_for_too_long_is_disabled_once(fixture: Fixture) {
    let store = &fixture.store;
    with_webhook(&fixture, "hook").await;
    let event = queue(&fixture, "bob").await;
    let fail_at = async |attempt: i32, now: Timestamp| {
        claim(store, "a", now).await;
        record(
            store,
            "a",
            report(&event, attempt, AttemptEnd::Retry(now)),
            now,
        )
        .await
    };
    assert_eq!(fail_at(1, NOW).await, None);
    assert_eq!(stored(store).await.failing_since, Some(NOW));
    let nearly = NOW.after(3 * DAY - Duration::from_millis(1));
    assert_eq!(fail_at(2, nearly).await, None);

    let end = NOW.after(3 * DAY);
    let reason = fail_at(3, end).await.unwrap();
    assert!(reason.contains("72 h"), "{reason}");
    let disabled = stored(store).await;
    assert_eq!(
        (disabled.state, disabled.state_since),
        (WebhookState::Disabled, end)
    );
    assert_eq!(disabled.disabled_reason, Some(reason));
    assert_eq!(store.webhook_backlog().await.unwrap().disabled, 1);
    assert_eq!(fail_at(4, end).await, None, "it is disabled already");

    let resume = async || store.resume_webhook("hook", &author(end)).await.unwrap();
    assert_eq!(resume().await, Some(end));
    let resumed = stored(store).await;
    assert_eq!(resumed.state, WebhookState::Active);
    assert_eq!(
        (resumed.failing_since, resumed.disabled_reason),
        (None, None)
    );
    assert_eq!(resume().await, None);
    assert_eq!(actions(store).await, ["webhook_created", "webhook_resumed"]);
}

async fn a_success_ends_the_time_of_failing(fixture: Fixture) {
    let store = &fixture.store;
    with_webhook(&fixture, "hook").await;
    let (first, second) = (queue(&fixture, "bob").await, queue(&fixture, "eve").await);
    claim(store, "a", NOW).await;
    record(store, "a", report(&first, 1, AttemptEnd::Retry(NOW)), NOW).await;
    record(store, "a", report(&second, 1, AttemptEnd::Delivered), NOW).await;
    assert_eq!(stored(store).await.failing_since, None);

    let later = NOW.after(4 * DAY);
    claim(store, "a", later).await;
    let disabled = record(store, "a", report(&first, 2, AttemptEnd::Failed), later).await;
    assert_eq!(disabled, None);
}

async fn a_webhook_that_is_not_active_or_is_held_has_nothing_due(fixture: Fixture) {
    let store = &fixture.store;
    with_webhook(&fixture, "hook").await;
    let event = queue(&fixture, "bob").await;
    assert_eq!(store.due_webhooks(NOW).await.unwrap().len(), 1);

    let pause = async || store.pause_webhook("hook", &author(NOW)).await.unwrap();
    assert!(pause().await && !pause().await);
    assert_eq!(actions(store).await, ["webhook_created", "webhook_paused"]);
    assert_eq!(store.due_webhooks(NOW).await.unwrap(), []);
    assert_eq!(store.webhook_backlog().await.unwrap().pending, 0);
    let resumed = store.resume_webhook("hook", &author(NOW)).await;
    assert_eq!(resumed.unwrap(), Some(NOW));

    claim(store, "a", NOW).await;
    let until = NOW.after(Duration::from_secs(600));
    let mut asked = report(&event, 1, AttemptEnd::Retry(NOW));
    asked.held_until = Some(until);
    record(store, "a", asked, NOW).await;
    assert_eq!(store.due_webhooks(NOW).await.unwrap(), []);
    assert_eq!(store.due_webhooks(until).await.unwrap().len(), 1);
}

async fn of_two_rotations_at_once_one_counts(fixture: Fixture) {
    let store = &fixture.store;
    with_webhook(&fixture, "hook").await;
    let seen = stored(store).await;
    let until = NOW.after(DAY);
    let author = author(NOW);
    let rotate = |sealed: &str| store.rotate_webhook_secret(&seen, sealed.into(), until, &author);
    assert!(rotate("sealed-2").await.unwrap());
    assert!(!rotate("sealed-3").await.unwrap());
    let noted = actions(store).await;
    assert_eq!(noted, ["webhook_created", "webhook_secret_rotated"]);

    let rotated = stored(store).await;
    assert_eq!(rotated.sealed_secret, "sealed-2");
    assert_eq!(rotated.previous_secret, Some(("sealed-1".into(), until)));
}

async fn replaying_brings_back_what_failed_and_what_was_before(fixture: Fixture) {
    let store = &fixture.store;
    let before = sign_up(vec![named("early")], Vec::new());
    let early = before.events[0].id.to_string();
    store.sign_up(before, later()).await.unwrap();
    with_webhook(&fixture, "hook").await;
    let (failed, done) = (queue(&fixture, "bob").await, queue(&fixture, "eve").await);
    let waiting = queue(&fixture, "joe").await;
    claim(store, "a", NOW).await;
    record(store, "a", report(&failed, 1, AttemptEnd::Failed), NOW).await;
    record(store, "a", report(&done, 1, AttemptEnd::Delivered), NOW).await;

    let ids = vec![early.clone(), failed.clone(), done.clone(), waiting.clone()];
    let later = NOW.after(DAY);

    let noted = author(later).did("webhook_replayed", Some("hook"), json!({}));
    let replay = async |ids: Vec<String>, failed| {
        store
            .replay_webhook_events("hook", ids, failed, &noted)
            .await
            .unwrap()
    };
    assert_eq!(replay(ids.clone(), true).await, 1);
    let again = delivery(store, &failed).await;
    assert_eq!(
        (again.state, again.attempts),
        (WebhookDeliveryState::Pending, 0)
    );
    // What waits or is under way is left alone.
    assert_eq!(replay(ids.clone(), false).await, 2);
    assert_eq!(replay(ids, false).await, 0);
    let entries = store.audit_entries(AuditFilter::default(), 9).await;
    let counts = entries.unwrap().into_iter();
    let counts: Vec<_> = counts
        .map(|(_, entry)| entry.details["events"].clone())
        .collect();
    assert_eq!(
        counts,
        [json!(2), json!(1), json!(null)],
        "the newest first, and no replay of nothing"
    );
    let mut due: Vec<String> = claim(store, "b", later)
        .await
        .into_iter()
        .map(|one| one.0)
        .collect();
    due.sort();
    assert_eq!(due, [early, failed, done, waiting]);
}

async fn finished_deliveries_are_swept_and_waiting_ones_stay(fixture: Fixture) {
    let store = &fixture.store;
    with_webhook(&fixture, "hook").await;
    let (failed, done) = (queue(&fixture, "bob").await, queue(&fixture, "eve").await);
    let waiting = queue(&fixture, "joe").await;
    claim(store, "a", NOW).await;
    record(store, "a", report(&failed, 1, AttemptEnd::Failed), NOW).await;
    record(store, "a", report(&done, 1, AttemptEnd::Delivered), NOW).await;

    let early = NOW.after(30 * DAY - Duration::from_millis(1));
    assert_eq!(
        store.sweep(early, Retention::default()).await.unwrap().rows,
        0
    );
    let late = NOW.after(30 * DAY);
    assert_eq!(
        store.sweep(late, Retention::default()).await.unwrap().rows,
        2
    );
    let left = store.webhook_deliveries("hook", None, 10).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].event_id, waiting);
}

async fn deleting_a_webhook_removes_its_deliveries(fixture: Fixture) {
    let store = &fixture.store;
    with_webhook(&fixture, "hook").await;
    queue_event(store, &Uuid::now_v7().to_string()).await;
    assert_eq!(store.webhook_counts().await.unwrap()["hook"].pending, 1);
    let delete = async || store.delete_webhook("hook", &author(NOW)).await.unwrap();
    assert!(delete().await && !delete().await);
    assert_eq!(
        actions(store).await,
        ["webhook_created", "webhook_paused", "webhook_deleted"]
    );
    assert!(store.webhook_counts().await.unwrap().is_empty());
    assert_eq!(store.webhooks().await.unwrap(), []);
}

/// Makes this many events due for a webhook that never had them.
async fn queue_many(store: &Store, webhook: &str, count: u32) {
    let ids = (0..count).map(|number| format!("event-{number}")).collect();
    let noted = author(NOW).did("webhook_replayed", Some(webhook), json!({}));
    let replayed = store.replay_webhook_events(webhook, ids, false, &noted);
    assert_eq!(replayed.await.unwrap(), count as usize);
}

/// More than one step removes, and nothing of another webhook.
async fn a_webhook_with_many_deliveries_is_deleted(fixture: Fixture) {
    let store = &fixture.store;
    for (id, count) in [("hook", 2_500), ("other", 1)] {
        with_webhook(&fixture, id).await;
        queue_many(store, id, count).await;
    }
    assert!(store.delete_webhook("hook", &author(NOW)).await.unwrap());
    assert_eq!(fixture.database.rows("webhook_deliveries").len(), 1);
    assert_eq!(store.counts_of_webhook("other").await.unwrap().pending, 1);
    let gone = store.counts_of_webhook("hook").await.unwrap();
    assert_eq!((gone.pending, gone.failed), (0, 0));
}

#[tokio::test]
async fn a_deletion_that_was_cut_off_is_finished_by_the_next() {
    let fixture = Fixture::new(signup_testkit::TestDatabase::postgres()).await;
    with_webhook(&fixture, "hook").await;
    queue_many(&fixture.store, "hook", 10).await;
    // Somebody holds one delivery for longer than a statement may take.
    let mut holder = PgConnection::establish(fixture.database.url()).unwrap();
    let hold = "BEGIN; SELECT * FROM webhook_deliveries WHERE event_id = 'event-7' FOR UPDATE";
    holder.batch_execute(hold).unwrap();
    let store = Store::open(&StoreOptions {
        url: fixture.database.url().to_owned(),
        pool_size: 1,
        pool_wait: Duration::from_secs(30),
        statement_timeout: Duration::from_millis(300),
    })
    .unwrap();

    let cut_off = store.delete_webhook("hook", &author(NOW)).await;

    assert!(
        matches!(cut_off, Err(StoreError::Unavailable(_))),
        "{cut_off:?}"
    );
    let left = store.find_webhook("hook").await.unwrap().unwrap();
    assert_eq!(left.state, WebhookState::Paused);
    assert_eq!(store.counts_of_webhook("hook").await.unwrap().pending, 1);
    assert_eq!(
        queue_event(&store, "event-11").await,
        0,
        "nothing new comes"
    );
    holder.batch_execute("ROLLBACK").unwrap();
    assert!(store.delete_webhook("hook", &author(NOW)).await.unwrap());
    assert_eq!(store.webhooks().await.unwrap(), []);
    assert!(fixture.database.rows("webhook_deliveries").is_empty());
    assert_eq!(
        actions(&store).await[2..],
        ["webhook_paused", "webhook_deleted"]
    );
}

async fn one_caller_tells_the_contact(fixture: Fixture) {
    let store = &fixture.store;
    let mut told = webhook("hook");
    told.contact = Some("ops@example.com".into());
    store.insert_webhook(&told, &author(NOW)).await.unwrap();
    let event = queue(&fixture, "bob").await;
    let later = NOW.after(LEASE);
    assert_eq!(store.claim_webhook_notice(NOW, later).await.unwrap(), None);
    claim(store, "a", NOW).await;
    let mut gone = report(&event, 1, AttemptEnd::Failed);
    gone.disable = Some("gone".into());
    assert_eq!(record(store, "a", gone, NOW).await, Some("gone".into()));

    let claimed = store
        .claim_webhook_notice(NOW, later)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(claimed.disabled_reason.as_deref(), Some("gone"));
    assert!(!format!("{claimed:?}").contains("ops@example.com"));
    assert_eq!(store.claim_webhook_notice(NOW, later).await.unwrap(), None);
    assert!(
        store
            .claim_webhook_notice(later, later)
            .await
            .unwrap()
            .is_some()
    );
    store.finish_webhook_notice("hook").await.unwrap();
    assert_eq!(
        store.claim_webhook_notice(later, later).await.unwrap(),
        None
    );
}
