use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};

use signup_core::code::{Limit, LimitScope};
use signup_store::{ClaimOutcome, Retention, Swept};
use signup_testkit::TestDatabase;

use crate::fixture::{Fixture, NOW, later, named, new_challenge, sign_up};
use crate::on_both;

on_both!(only_what_is_over_is_removed);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn only_what_is_over_is_removed(fixture: Fixture) {
    let store = &fixture.store;
    let code = fixture.challenge("bob@example.com").await;
    let record = sign_up(vec![named("bob")], Vec::new());
    store.sign_up(record, later()).await.unwrap();
    for application in ["shop", "other"] {
        let retention = if application == "shop" { DAY } else { 30 * DAY };
        store
            .claim_idempotency("acme", application, "same", [0; 32], NOW, DAY, retention)
            .await
            .unwrap();
    }

    let nothing = store.sweep(NOW, Retention::default()).await.unwrap();
    assert_eq!(nothing, Swept::default());

    let later = NOW.after(10 * DAY);
    let swept = store.sweep(later, Retention::default()).await.unwrap();
    assert_eq!(
        swept,
        Swept {
            rows: 2,
            more: false
        }
    );
    assert_eq!(store.find_challenge(code.id).await.unwrap(), None);
    // Events that nobody has got yet stay, however old they are; so does the other application's key of the same name.
    assert_eq!(store.backlog().await.unwrap().waiting, 2);
    let other = store
        .claim_idempotency("acme", "other", "same", [0; 32], NOW, DAY, DAY)
        .await
        .unwrap();
    assert_eq!(other, ClaimOutcome::InProgress);
}

#[tokio::test]
async fn the_sweep_neither_waits_for_nor_removes_what_is_being_renewed_on_postgres() {
    let fixture = Fixture::new(TestDatabase::postgres()).await;
    let limit = Limit {
        key: "busy".into(),
        scope: LimitScope::Client,
        allowed: 5,
        window: DAY,
    };
    let limited = new_challenge("bob@example.com", vec![limit]);
    fixture
        .store
        .store_challenge(limited, later())
        .await
        .unwrap();
    let mut renewing = PgConnection::establish(fixture.database.url()).unwrap();
    renewing
        .batch_execute("BEGIN; UPDATE usage_windows SET closes_at = closes_at * 2")
        .unwrap();
    let retention = Retention {
        challenges: 30 * DAY,
        ..Retention::default()
    };
    let later = NOW.after(10 * DAY);

    let sweep = fixture.store.sweep(later, retention);
    let swept = tokio::time::timeout(Duration::from_secs(20), sweep).await;
    renewing.batch_execute("COMMIT").unwrap();

    assert_eq!(swept.unwrap().unwrap(), Swept::default());
    assert_eq!(
        fixture.store.sweep(later, retention).await.unwrap(),
        Swept::default()
    );
}
