//! What an operator looks at is found by indexes, however much is kept.

use std::future::ready;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _};
use signup_store::{AuditFilter, WebhookDeliveryState};
use signup_testkit::{TestDatabase, author, eventually};

use crate::fixture::{Fixture, NOW};
use crate::webhooks::webhook;

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    scans: i64,
}

#[tokio::test]
async fn failures_and_actions_are_found_by_their_indexes() {
    let Fixture { database, store } = Fixture::new(TestDatabase::postgres()).await;
    let inserted = store.insert_webhook(&webhook("hook"), &author(NOW)).await;
    inserted.unwrap();
    let mut connection = PgConnection::establish(database.url()).unwrap();
    connection
        .batch_execute(
            "INSERT INTO webhook_deliveries (webhook_id, event_id, state, attempts, next_attempt_at, created_at) \
               SELECT 'hook', i, CASE i WHEN 1 THEN 'failed' WHEN 2 THEN 'pending' ELSE 'delivered' END, 1, i, i \
               FROM generate_series(1, 20000) AS i; \
             INSERT INTO audit_log (time, origin, operator, action, details) \
               SELECT i, 'console', 'ana', CASE i WHEN 1 THEN 'user_erased' ELSE 'sign_in' END, '{}' \
               FROM generate_series(1, 20000) AS i; \
             ANALYZE",
        )
        .unwrap();

    let counts = store.webhook_counts().await.unwrap()["hook"];
    assert_eq!((counts.pending, counts.failed), (1, 1));
    assert_eq!(store.counts_of_webhook("hook").await.unwrap(), counts);
    let failed = store.webhook_deliveries("hook", Some(WebhookDeliveryState::Failed), 10);
    assert_eq!(failed.await.unwrap().len(), 1);
    let erased = AuditFilter {
        action: Some("user_erased".into()),
        ..AuditFilter::default()
    };
    assert_eq!(store.audit_entries(erased, 10).await.unwrap().len(), 1);

    // A connection tells what it did when it ends.
    drop(store);
    let expected = [
        ("audit_log_by_action", 1),
        ("webhook_deliveries_due", 2),
        ("webhook_deliveries_failed", 3),
    ];
    eventually(Duration::from_secs(30), || {
        let rows = diesel::sql_query(
            "SELECT indexrelname::text AS name, idx_scan AS scans FROM pg_stat_user_indexes ORDER BY 1",
        );
        let indexes: Vec<Index> = rows.load(&mut connection).unwrap();
        let scans = |name| indexes.iter().find(|one| one.name == name).unwrap().scans;
        let found = expected.map(|(name, _)| (name, scans(name)));
        let all = found == expected;
        ready(all.then_some(()).ok_or_else(|| format!("{found:?}")))
    })
    .await;
}
