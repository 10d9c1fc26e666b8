//! Erasing people and handing out what is kept about them.

use std::future::ready;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _};
use futures_util::future::join_all;
use serde_json::{Value, json};
use signup_core::code::Channel;
use signup_core::decision::{Action, Decision, MaskedIdentifiers};
use signup_core::identifier::{Identifier, IdentifierKind, PhoneNumber};
use signup_core::reply::Reply;
use signup_core::sign_up::{SignUpOutcome, SignUpRecord};
use signup_core::time::{Clock as _, SystemClock, Timestamp};
use signup_store::{
    AuditEntry, Change, ClaimOutcome, DeliveryState, EventFilter, Lane, Retention, Store,
    WebhookEvent,
};
use signup_testkit::{TestDatabase, eventually};
use uuid::Uuid;

use crate::fixture::{Fixture, application, context, email, later, named, new_challenge, sign_up};
use crate::on_both;
use crate::webhooks::webhook;

on_both!(
    nothing_of_an_erased_person_is_left,
    an_export_holds_everything_that_an_erasure_removes,
    identifiers_of_an_erased_user_are_free,
    what_waits_is_published_in_order_and_removed_then,
    events_about_an_erased_person_are_never_sent_out_again,
    of_two_erasures_one_counts,
    nobody_who_is_not_there_is_erased,
    who_signs_up_while_their_former_account_is_erased_is_in_or_refused,
    an_erasure_forgets_nobody_else,
);

const EMAIL: &str = "alice.liddell@example.com";
const PHONE: &str = "+8615810419011";
const LEASE: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const TABLES: [&str; 12] = [
    "users",
    "identifiers",
    "otp_challenges",
    "usage_windows",
    "outbox",
    "deliveries",
    "idempotency_keys",
    "webhooks",
    "webhook_deliveries",
    "limit_hits",
    "decisions",
    "funnel_counts",
];

fn phone() -> Identifier {
    PhoneNumber::parse_international("+86-15810419011")
        .unwrap()
        .into()
}

fn now() -> Timestamp {
    SystemClock.now()
}

/// Alice, with a trace in every table that can have one.
async fn alice(fixture: &Fixture) -> SignUpRecord {
    let store = &fixture.store;
    store
        .insert_webhook(&webhook("crm"), &signup_testkit::author(now()))
        .await
        .unwrap();
    let mut asked = Vec::new();
    for _ in 0..2 {
        let limits = application().send_limits(Channel::Email, EMAIL, "192.0.2.7");
        let limits = limits
            .into_iter()
            .filter(|limit| !limit.key.ends_with("/interval"))
            .collect();
        let mut new = new_challenge(EMAIL, limits);
        new.limit_mode = signup_core::code::LimitMode::Observe;
        asked.push(new.challenge.id);
        store.store_challenge(new, later()).await.unwrap();
    }
    let claim = store
        .claim_idempotency("acme", "shop", "key-1", [1; 32], now(), LEASE, DAY)
        .await
        .unwrap();
    let ClaimOutcome::Claimed(claim) = claim else {
        panic!("{claim:?}");
    };
    let identifiers = vec![named("alice-liddell"), email(EMAIL), phone()];
    let mut record = sign_up(identifiers, vec![asked[1]]);
    let reply = json!({"id": record.user.public_id, "mail": EMAIL});
    record.claim = Some((claim, Reply::json(200, &reply)));
    let signed_up = store.sign_up(record.clone(), later()).await.unwrap();
    assert_eq!(signed_up, SignUpOutcome::Created);
    let about = |action, subject: &str| {
        let mut identifiers = MaskedIdentifiers::default();
        identifiers.put(IdentifierKind::Email, EMAIL);
        identifiers.put(IdentifierKind::Phone, PHONE);
        Decision {
            time: now(),
            duration_ms: 5,
            request_id: "request-1".into(),
            provider: "acme".into(),
            application: Some("shop".into()),
            action,
            outcome: "created".into(),
            reply: None,
            status: Some(200),
            channel: Some(Channel::Email),
            identifiers,
            subject: Some(subject.to_owned()),
        }
    };
    let decisions = [
        about(Action::SendCode, &asked[1].to_string()),
        about(Action::SignUp, &record.user.public_id),
    ];
    store.insert_decisions(&decisions).await.unwrap();
    record
}

/// Publishes everything that waits and delivers it; the ids in their order.
async fn publish(store: &Store) -> Vec<String> {
    let mut published = Vec::new();
    for lane in Lane::ALL {
        loop {
            let claimed = store
                .claim_events("relay", lane, 100, now().after(LEASE), LEASE)
                .await
                .unwrap();
            if claimed.is_empty() {
                break;
            }
            let ids: Vec<String> = claimed.into_iter().map(|one| one.event.id).collect();
            for id in &ids {
                let event = WebhookEvent {
                    id,
                    event_type: "signup.user.created.v1",
                    provider: "acme",
                    application: "shop",
                };
                store.insert_webhook_deliveries(event, now()).await.unwrap();
                store.start_delivery(id, now()).await.unwrap();
                let (state, by) = (DeliveryState::Delivered, Some("mailer".into()));
                let detail = Some("the vendor's id vendor-77".into());
                store
                    .finish_delivery(id, state, by, detail, now())
                    .await
                    .unwrap();
            }
            let marked = store.mark_published("relay", ids.clone(), now()).await;
            marked.unwrap();
            published.extend(ids);
        }
    }
    published
}

async fn erase(store: &Store, record: &SignUpRecord) -> Option<signup_store::Erased> {
    let context = context();
    let noted = noted("user_erased");
    let erased = store.erase_user("acme", &record.user.public_id, now(), &context, &noted);
    erased.await.unwrap()
}

fn noted(action: &str) -> AuditEntry {
    signup_testkit::author(now()).did(action, None, json!({}))
}

async fn nothing_of_an_erased_person_is_left(fixture: Fixture) {
    let record = alice(&fixture).await;
    publish(&fixture.store).await;
    let words = [
        "alice",
        "liddell",
        "15810419011",
        "158****9011",
        "a***@",
        "Bob",
        "$2b$04$hash",
        "vendor-77",
    ];
    let found = |word: &str| -> Vec<&str> {
        let holds = |table: &&str| {
            let mut rows = fixture.database.rows(table).into_iter();
            rows.any(|row| row.contains(word))
        };
        TABLES.into_iter().filter(holds).collect()
    };
    for word in words {
        assert!(
            !found(word).is_empty(),
            "the test has nothing to find: {word}"
        );
    }

    let erased = erase(&fixture.store, &record).await.unwrap();

    for word in words {
        assert!(found(word).is_empty(), "{word} is in {:?}", found(word));
    }
    assert_eq!(found(&record.user.id.to_string()), Vec::<&str>::new());
    assert_eq!(erased.identifiers, 3);
    assert_eq!((erased.events, erased.waiting), (3, 0));
    assert_eq!((erased.decisions, erased.replies), (2, 1));
    // Two codes and the window of the day.
    assert_eq!(erased.codes, 3);
    // Who sends the same request again is not signed up again.
    let repeated = fixture
        .store
        .claim_idempotency(
            "acme",
            "shop",
            "key-1",
            [1; 32],
            now().after(LEASE * 2),
            LEASE,
            DAY,
        )
        .await
        .unwrap();
    assert_eq!(repeated, ClaimOutcome::InProgress);
    // A message that was sent is not sent again.
    let sent = fixture.database.rows("deliveries");
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|row| row.contains("delivered")), "{sent:?}");
}

async fn an_export_holds_everything_that_an_erasure_removes(fixture: Fixture) {
    let record = alice(&fixture).await;
    publish(&fixture.store).await;
    let (store, id) = (&fixture.store, &record.user.public_id);
    let (context, noted) = (context(), noted("user_exported"));

    let exported = store.export_user("acme", id, now(), &context, &noted).await;
    let dossier = exported.unwrap().unwrap();

    assert_eq!(dossier.user.public_id, *id);
    assert_eq!(dossier.user.identifiers.len(), 3);
    assert_eq!(dossier.user.profile["nickname"], "Bob");
    assert_eq!(dossier.challenges.len(), 2);
    assert_eq!(dossier.events.len(), 3);
    assert_eq!(dossier.deliveries.len(), 3);
    assert_eq!(dossier.webhook_deliveries.len(), 3);
    assert_eq!(dossier.decisions.len(), 2);
    assert_eq!(dossier.replies.len(), 1);
    assert_eq!(dossier.windows.len(), 1);
    let announced = announcements(store).await;
    let [event] = announced.as_slice() else {
        panic!("{announced:?}");
    };
    assert_eq!(event["type"], "signup.user.exported.v1");
    assert_eq!(event["data"]["user"]["id"], id.as_str());
    let foreseen = signup_store::Erased::foreseen(&dossier);
    let erased = erase(store, &record).await.unwrap();
    assert_eq!(
        signup_store::Erased {
            event_id: None,
            ..erased
        },
        foreseen
    );
    let gone = store.export_user("acme", id, now(), &context, &noted).await;
    assert!(gone.unwrap().is_none());
}

/// Events that wait, in their order.
async fn announcements(store: &Store) -> Vec<Value> {
    let filter = EventFilter {
        types: signup_core::event::EventType::ALL
            .map(|one| one.as_str().to_owned())
            .into(),
        since: Timestamp::from_millis(0),
        until: now().after(DAY),
    };
    let events = store.list_events(&filter, None, 100).await.unwrap();
    let waiting = events.into_iter().filter(|one| one.published_at.is_none());
    waiting
        .map(|one| serde_json::from_str(&one.event.envelope).unwrap())
        .collect()
}

async fn identifiers_of_an_erased_user_are_free(fixture: Fixture) {
    let store = &fixture.store;
    let names = || vec![named("bob"), email("bob@example.com")];
    let record = sign_up(names(), Vec::new());
    store.sign_up(record.clone(), later()).await.unwrap();
    let again = store.sign_up(sign_up(names(), Vec::new()), later()).await;
    assert_eq!(
        again.unwrap(),
        SignUpOutcome::Taken(IdentifierKind::Username)
    );

    erase(store, &record).await.unwrap();

    let again = store.sign_up(sign_up(names(), Vec::new()), later()).await;
    assert_eq!(again.unwrap(), SignUpOutcome::Created);
    assert!(
        !store
            .has_user("acme", &record.user.public_id)
            .await
            .unwrap()
    );
}

async fn what_waits_is_published_in_order_and_removed_then(fixture: Fixture) {
    let store = &fixture.store;
    let record = sign_up(vec![named("bob")], Vec::new());
    store.sign_up(record.clone(), later()).await.unwrap();

    let erased = erase(store, &record).await.unwrap();

    assert_eq!((erased.events, erased.waiting), (0, 1));
    let created = record.events[0].id.to_string();
    let told = erased.event_id.unwrap();
    // Not even a clean-up takes what nobody has got yet.
    store.sweep(now(), Retention::default()).await.unwrap();
    assert_eq!(publish(store).await, [created.clone(), told.clone()]);
    assert!(store.find_event(&created).await.unwrap().is_some());
    store.sweep(now(), Retention::default()).await.unwrap();
    assert!(store.find_event(&created).await.unwrap().is_none());
    assert!(store.find_event(&told).await.unwrap().is_some());
}

async fn events_about_an_erased_person_are_never_sent_out_again(fixture: Fixture) {
    let store = &fixture.store;
    let record = sign_up(vec![named("bob")], Vec::new());
    store.sign_up(record.clone(), later()).await.unwrap();
    let erased = erase(store, &record).await.unwrap();
    publish(store).await;

    let ids = vec![
        record.events[0].id.to_string(),
        erased.event_id.clone().unwrap(),
    ];
    let replayed = store.replay_events(ids, now()).await.unwrap();

    assert_eq!(replayed, 1);
    assert_eq!(publish(store).await, [erased.event_id.unwrap()]);
}

async fn of_two_erasures_one_counts(fixture: Fixture) {
    let record = alice(&fixture).await;
    let processes = [fixture.another_process(), fixture.another_process()];

    let erasures = (0..8).map(|number| erase(&processes[number % 2], &record));
    let erased: Vec<_> = join_all(erasures).await.into_iter().flatten().collect();

    assert_eq!(erased.len(), 1);
    let noted = fixture.database.rows("audit_log");
    assert_eq!(noted.len(), 2, "that the webhook was made, and one erasure");
    let told = announcements(&fixture.store).await;
    let told = told
        .iter()
        .filter(|event| event["type"] == "signup.user.erased.v1");
    assert_eq!(told.count(), 1);
}

async fn nobody_who_is_not_there_is_erased(fixture: Fixture) {
    let store = &fixture.store;
    let (context, noted) = (context(), noted("user_erased"));
    let erased = store.erase_user("acme", "nobody", now(), &context, &noted);
    assert_eq!(erased.await.unwrap(), None);
    assert!(store.dossier("acme", "nobody").await.unwrap().is_none());
    assert_eq!(store.backlog().await.unwrap().waiting, 0);
    assert!(fixture.database.rows("audit_log").is_empty());
}

async fn who_signs_up_while_their_former_account_is_erased_is_in_or_refused(fixture: Fixture) {
    let store = &fixture.store;
    let other = fixture.another_process();
    for round in 0..20 {
        let address = format!("bob{round}@example.com");
        let first = sign_up(vec![email(&address)], Vec::new());
        store.sign_up(first.clone(), later()).await.unwrap();
        let code = fixture.challenge(&address).await;
        let again = sign_up(vec![email(&address)], vec![code.id]);

        let (erased, written) =
            tokio::join!(erase(&other, &first), store.sign_up(again.clone(), later()));

        assert!(erased.is_some());
        let is_there = store.has_user("acme", &again.user.public_id).await.unwrap();
        match written.unwrap() {
            SignUpOutcome::Created => assert!(is_there),
            SignUpOutcome::Taken(_) | SignUpOutcome::CodeSpent(_) => assert!(!is_there),
            other => panic!("{other:?}"),
        }
        let taken = store.is_taken("acme", "people", IdentifierKind::Email, &address);
        assert_eq!(taken.await.unwrap(), is_there);
    }
}

/// Everything is looked through before the user is locked, so what comes after that has to be found as well: also an event
/// whose id is older than those that were looked at, because its request waited for others.
#[tokio::test]
async fn a_code_that_is_asked_for_during_an_erasure_is_forgotten_too() {
    let fixture = Fixture::new(TestDatabase::postgres()).await;
    let record = sign_up(vec![email(EMAIL)], Vec::new());
    fixture
        .store
        .sign_up(record.clone(), later())
        .await
        .unwrap();
    let late = new_challenge(EMAIL, Vec::new());
    fixture.challenge("somebody.else@example.com").await;
    // The erasure stops where it locks the user.
    let mut holder = PgConnection::establish(fixture.database.url()).unwrap();
    let hold = "BEGIN; SELECT * FROM users FOR UPDATE";
    holder.batch_execute(hold).unwrap();
    let store = fixture.another_process();
    let erasure = tokio::spawn(async move { erase(&store, &record).await });
    let mut watcher = PgConnection::establish(fixture.database.url()).unwrap();
    eventually(Duration::from_secs(30), || {
        let waiting = diesel::sql_query(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        ready(match waiting.execute(&mut watcher).unwrap() {
            0 => Err("nobody waits for the lock"),
            _ => Ok(()),
        })
    })
    .await;
    fixture.store.store_challenge(late, later()).await.unwrap();

    holder.batch_execute("ROLLBACK").unwrap();

    let erased = erasure.await.unwrap().unwrap();
    assert_eq!(erased.codes, 1);
    let codes = fixture.database.rows("otp_challenges");
    assert!(!codes.iter().any(|row| row.contains(EMAIL)), "{codes:?}");
    assert_eq!(codes.len(), 1, "and nobody else's");
}

async fn an_erasure_forgets_nobody_else(fixture: Fixture) {
    let store = &fixture.store;
    // A directory of its own, with the same address in it.
    let elsewhere = Change::PutDirectory("acme".into(), "others".into(), json!({}));
    store.change_declarations(vec![elsewhere]).await.unwrap();
    let mut twin = sign_up(vec![email(EMAIL)], Vec::new());
    twin.user.directory = "others".into();
    twin.events = vec![signup_core::event::Event::user_created(
        &twin.user,
        &context(),
    )];
    store.sign_up(twin.clone(), later()).await.unwrap();
    let mut longer = new_challenge(&format!("not.{EMAIL}"), Vec::new());
    longer.challenge.id = Uuid::now_v7();
    store.store_challenge(longer, later()).await.unwrap();
    let neighbour = sign_up(vec![named("carol")], Vec::new());
    store.sign_up(neighbour.clone(), later()).await.unwrap();
    let record = alice(&fixture).await;
    let of = |record: &SignUpRecord| record.user.public_id.clone();
    publish(store).await;

    erase(store, &record).await.unwrap();

    for other in [&twin, &neighbour] {
        let dossier = store.dossier("acme", &of(other)).await.unwrap().unwrap();
        assert_eq!(dossier.events.len(), 1, "{:?}", dossier.events);
        assert!(!dossier.user.identifiers.is_empty());
    }
    assert_eq!(fixture.database.rows("otp_challenges").len(), 1);
}
