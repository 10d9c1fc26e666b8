use std::time::Duration;

use signup_core::time::{Clock, SystemClock};
use signup_testkit::TestDatabase;

use crate::fixture::open;

async fn migrate_five_times_at_once(database: TestDatabase) {
    let tasks: Vec<_> = (0..5)
        .map(|_| {
            let store = open(&database);
            tokio::spawn(async move { store.migrate().await.unwrap().migrations })
        })
        .collect();
    let mut migrated = Vec::new();
    for task in tasks {
        let migrations = task.await.unwrap();
        if !migrations.is_empty() {
            migrated.push(migrations);
        }
    }
    assert_eq!(
        migrated.len(),
        1,
        "one migrates, the others wait: {migrated:?}"
    );
    let store = open(&database);
    assert!(
        store
            .pending_migrations()
            .await
            .unwrap()
            .migrations
            .is_empty()
    );
    store.ping().await.unwrap();
}

#[tokio::test]
async fn of_five_starts_at_once_on_sqlite_one_migrates() {
    migrate_five_times_at_once(TestDatabase::sqlite()).await;
}

#[tokio::test]
async fn of_five_starts_at_once_on_postgres_one_migrates() {
    migrate_five_times_at_once(TestDatabase::postgres()).await;
}

#[tokio::test]
async fn a_database_that_was_never_migrated_is_not_ready() {
    let database = TestDatabase::sqlite();
    let store = open(&database);
    let missing = store.pending_migrations().await.unwrap().migrations;
    assert_eq!(missing[0], "0001_initial");
    assert!(store.ping().await.is_err());
}

#[tokio::test]
async fn asking_for_missing_migrations_writes_nothing() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres());
    for database in [&sqlite, &postgres] {
        let store = open(database);
        let asked = store.pending_migrations().await.unwrap();
        assert_eq!(store.pending_migrations().await.unwrap(), asked);
        assert_eq!(store.migrate().await.unwrap(), asked);
    }
    let sqlite = TestDatabase::sqlite();
    open(&sqlite).pending_migrations().await.unwrap();
    let file = sqlite.url().trim_start_matches("sqlite://");
    assert!(!std::path::Path::new(file).exists());
}

#[tokio::test]
async fn the_database_tells_its_time() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres()] {
        let now = SystemClock.now();
        let told = open(&database).server_time().await.unwrap();
        let apart = told.since(now).max(now.since(told));
        assert!(apart < Duration::from_secs(60), "{told} and {now}");
    }
}

#[tokio::test]
async fn an_unknown_database_is_refused_with_what_is_allowed() {
    let error = signup_store::Backend::of_url("mysql://localhost/x").unwrap_err();
    assert!(error.to_string().contains("postgres://"), "{error}");
}
