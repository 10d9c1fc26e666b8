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
    assert_eq!(
        store.pending_migrations().await.unwrap().migrations.len(),
        1
    );
    assert!(store.ping().await.is_err());
}

#[tokio::test]
async fn an_unknown_database_is_refused_with_what_is_allowed() {
    let error = signup_store::Backend::of_url("mysql://localhost/x").unwrap_err();
    assert!(error.to_string().contains("postgres://"), "{error}");
}
