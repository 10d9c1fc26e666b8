use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, PgConnection, RunQueryDsl as _, SqliteConnection};
use signup_core::identifier::IdentifierKind;
use signup_core::sign_up::SignUpOutcome;
use signup_testkit::{TestDatabase, eventually};
use uuid::Uuid;

use crate::fixture::{Fixture, email, later, named, sign_up};
use crate::on_both;

const LIMIT: Duration = Duration::from_secs(30);

on_both!(
    a_user_its_identifiers_and_its_event_are_written_together,
    a_taken_identifier_leaves_nothing_behind,
    identical_sign_ups_on_two_processes_make_one_user,
    sign_ups_that_want_each_others_identifiers_do_not_block_one_another,
    a_public_id_in_use_is_reported_as_such,
    a_user_is_found_by_every_name_it_has,
    a_public_id_finds_its_user_at_its_provider_only,
);

async fn a_user_its_identifiers_and_its_event_are_written_together(fixture: Fixture) {
    let store = &fixture.store;
    let record = sign_up(vec![named("Bob"), email("Bob@Example.com")], Vec::new());
    let public_id = record.user.public_id.clone();
    assert_eq!(
        store.sign_up(record, later()).await.unwrap(),
        SignUpOutcome::Created
    );

    let found = store.find_users(&public_id).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].request_id, "request-1");
    assert_eq!(found[0].profile["nickname"], "Bob");
    assert_eq!(
        found[0].identifiers,
        [
            (
                "email".into(),
                "Bob@Example.com".into(),
                "bob@example.com".into(),
                false
            ),
            ("username".into(), "Bob".into(), "bob".into(), false),
        ]
    );
    let envelopes = store.recent_envelopes(10).await.unwrap();
    assert_eq!(envelopes.len(), 1);
    assert!(envelopes[0].contains(&public_id));
}

async fn a_taken_identifier_leaves_nothing_behind(fixture: Fixture) {
    let store = &fixture.store;
    let first = sign_up(vec![named("bob"), email("bob@example.com")], Vec::new());
    store.sign_up(first, later()).await.unwrap();

    let same_email = sign_up(vec![named("alice"), email("BOB@example.com")], Vec::new());
    assert_eq!(
        store.sign_up(same_email, later()).await.unwrap(),
        SignUpOutcome::Taken(IdentifierKind::Email)
    );
    assert_eq!(store.count_users().await.unwrap(), 1);
    assert_eq!(store.recent_envelopes(10).await.unwrap().len(), 1);

    // The name that came with it is still free.
    let alice = sign_up(vec![named("alice")], Vec::new());
    assert_eq!(
        store.sign_up(alice, later()).await.unwrap(),
        SignUpOutcome::Created
    );
}

async fn identical_sign_ups_on_two_processes_make_one_user(fixture: Fixture) {
    let processes = [fixture.store.clone(), fixture.another_process()];
    let tasks: Vec<_> = (0..100)
        .map(|number| {
            let store = processes[number % 2].clone();
            tokio::spawn(async move {
                store
                    .sign_up(sign_up(vec![named("bob")], Vec::new()), later())
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut created = 0;
    for task in tasks {
        match task.await.unwrap() {
            SignUpOutcome::Created => created += 1,
            other => assert_eq!(other, SignUpOutcome::Taken(IdentifierKind::Username)),
        }
    }
    assert_eq!(created, 1);
    assert_eq!(fixture.store.count_users().await.unwrap(), 1);
    assert_eq!(fixture.store.recent_envelopes(10).await.unwrap().len(), 1);
}

async fn sign_ups_that_want_each_others_identifiers_do_not_block_one_another(fixture: Fixture) {
    let processes = [fixture.store.clone(), fixture.another_process()];
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let store = processes[number % 2].clone();
            let identifiers = if number % 2 == 0 {
                vec![named("one"), email("two@example.com")]
            } else {
                vec![email("two@example.com"), named("one")]
            };
            tokio::spawn(async move {
                store
                    .sign_up(sign_up(identifiers, Vec::new()), later())
                    .await
            })
        })
        .collect();
    let mut created = 0;
    for task in tasks {
        created += usize::from(task.await.unwrap().unwrap() == SignUpOutcome::Created);
    }
    assert_eq!(created, 1);
}

async fn a_public_id_in_use_is_reported_as_such(fixture: Fixture) {
    let store = &fixture.store;
    let first = sign_up(vec![named("bob")], Vec::new());
    let mut second = sign_up(vec![named("alice")], Vec::new());
    second.user.public_id.clone_from(&first.user.public_id);
    store.sign_up(first, later()).await.unwrap();
    assert_eq!(
        store.sign_up(second, later()).await.unwrap(),
        SignUpOutcome::PublicIdTaken
    );
}

async fn a_user_is_found_by_every_name_it_has(fixture: Fixture) {
    let store = &fixture.store;
    let record = sign_up(vec![named("Bob"), email("bob@example.com")], Vec::new());
    let (id, public_id) = (record.user.id.to_string(), record.user.public_id.clone());
    store.sign_up(record, later()).await.unwrap();
    for name in [id.as_str(), &public_id, "bob", "bob@example.com"] {
        assert_eq!(store.find_users(name).await.unwrap().len(), 1, "{name}");
    }
    let nobody = Uuid::now_v7().to_string();
    assert!(store.find_users(&nobody).await.unwrap().is_empty());
}

async fn a_public_id_finds_its_user_at_its_provider_only(fixture: Fixture) {
    let store = &fixture.store;
    let record = sign_up(vec![named("Bob")], Vec::new());
    let (id, public_id) = (record.user.id.to_string(), record.user.public_id.clone());
    store.sign_up(record, later()).await.unwrap();
    let found = store.find_user("acme", &public_id).await.unwrap().unwrap();
    assert_eq!(found.id, id);
    assert_eq!(found.identifiers.len(), 1);
    for (provider, name) in [
        ("other", public_id.as_str()),
        ("acme", &id),
        ("acme", "bob"),
    ] {
        let found = store.find_user(provider, name).await.unwrap();
        assert!(found.is_none(), "{provider} {name}");
    }
}

/// Rows of `users` and `identifiers` that sequential scans have read, and scans of their indexes, as PostgreSQL counts.
#[derive(diesel::QueryableByName)]
struct Scans {
    #[diesel(sql_type = BigInt)]
    read: i64,
    #[diesel(sql_type = BigInt)]
    by_index: i64,
}

fn scans(fixture: &Fixture) -> Scans {
    let mut connection = PgConnection::establish(fixture.database.url()).unwrap();
    diesel::sql_query(
        "SELECT SUM(seq_tup_read)::BIGINT AS read, SUM(idx_scan)::BIGINT AS by_index \
         FROM pg_stat_user_tables WHERE relname IN ('users', 'identifiers')",
    )
    .get_result(&mut connection)
    .unwrap()
}

#[tokio::test]
async fn finding_a_user_reads_no_whole_table_on_postgres() {
    const USERS: i64 = 20_000;
    let fixture = Fixture::new(TestDatabase::postgres()).await;
    PgConnection::establish(fixture.database.url())
        .unwrap()
        .batch_execute(&format!(
            "INSERT INTO users SELECT n, 'acme', 'u' || n, 'people', 'shop', NULL, '{{}}', 'r', n \
               FROM generate_series(1, {USERS}) n; \
             INSERT INTO identifiers SELECT 'acme', 'people', 'email', n || '@example.com', n, true, n \
               FROM generate_series(1, {USERS}) n; \
             ANALYZE users; ANALYZE identifiers"
        ))
        .unwrap();
    let before = eventually(LIMIT, || async {
        let scans = scans(&fixture);
        // Each identifier looks its user up.
        (scans.by_index >= USERS)
            .then_some(scans)
            .ok_or("the rows are not counted yet")
    })
    .await;

    // A connection tells what it did when it ends.
    let store = fixture.another_process();
    for name in ["u77", "77", "77@example.com", "nobody"] {
        let expected = usize::from(name != "nobody");
        assert_eq!(store.find_users(name).await.unwrap().len(), expected);
    }
    assert!(store.find_user("acme", "u78").await.unwrap().is_some());
    drop(store);

    let after = eventually(LIMIT, || async {
        let scans = scans(&fixture);
        (scans.by_index >= before.by_index + 20)
            .then_some(scans)
            .ok_or("the look-ups are not counted yet")
    })
    .await;
    assert_eq!(after.read, before.read);
}

#[derive(diesel::QueryableByName)]
struct PlanStep {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[tokio::test]
async fn finding_a_user_reads_no_whole_table_on_sqlite() {
    let fixture = Fixture::new(TestDatabase::sqlite()).await;
    let path = fixture.database.url().trim_start_matches("sqlite://");
    let mut connection = SqliteConnection::establish(path).unwrap();
    for statement in [
        "SELECT * FROM users WHERE id = 'x'",
        "SELECT * FROM users WHERE provider = 'x' AND public_id = 'x'",
        "SELECT user_id FROM identifiers \
           WHERE provider = 'x' AND directory_id = 'x' AND kind = 'x' AND key = 'x'",
        "SELECT * FROM identifiers WHERE user_id = 'x' ORDER BY kind",
    ] {
        let steps: Vec<PlanStep> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
            .load(&mut connection)
            .unwrap();
        let first = &steps[0].detail;
        assert!(
            first.starts_with("SEARCH") && first.contains("INDEX"),
            "{first}"
        );
    }
}
