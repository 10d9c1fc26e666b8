//! A database that is out of time, or says no, in words that nobody here reads. Tests run on one thread, so all that is
//! asked for before the first wait is written together.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _};
use futures_util::future::join_all;
use signup_core::sign_up::SignUpOutcome;
use signup_store::{Store, StoreError, StoreOptions};
use signup_testkit::TestDatabase;

use crate::fixture::{Fixture, named, sign_up};

const MANY: usize = 20;

#[derive(QueryableByName)]
struct Tries {
    #[diesel(sql_type = BigInt)]
    tries: i64,
}

/// A database that does this when a user is to be written, and counts how often it was asked to. The sequence goes on
/// although what was written is taken back.
async fn that_refuses(body: &str) -> (Fixture, PgConnection) {
    let fixture = Fixture::new(TestDatabase::postgres()).await;
    let mut connection = PgConnection::establish(fixture.database.url()).unwrap();
    connection
        .batch_execute(&format!(
            "CREATE SEQUENCE tries; \
             CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
               $$ BEGIN PERFORM nextval('tries'); {body} END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON users FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
        ))
        .unwrap();
    (fixture, connection)
}

fn tries(connection: &mut PgConnection) -> i64 {
    let rows = diesel::sql_query("SELECT last_value AS tries FROM tries");
    rows.get_result::<Tries>(connection).unwrap().tries
}

async fn sign_up_many(store: &Store, within: Duration) -> Vec<Result<SignUpOutcome, StoreError>> {
    let deadline = Instant::now() + within;
    let records = (0..MANY).map(|number| sign_up(vec![named(&format!("user{number}"))], vec![]));
    join_all(records.map(|record| store.sign_up(record, deadline))).await
}

#[tokio::test]
async fn a_batch_that_ran_out_of_time_is_an_outage_in_any_language() {
    // What a server says whose messages are German.
    let timeout = "PERFORM pg_sleep(60); RETURN NULL; EXCEPTION WHEN query_canceled THEN \
        RAISE 'storniere Anfrage wegen Zeitüberschreitung der Anfrage' USING ERRCODE = 'query_canceled';";
    let (fixture, mut connection) = that_refuses(timeout).await;
    let impatient = Store::open(&StoreOptions {
        url: fixture.database.url().to_owned(),
        pool_size: 1,
        pool_wait: Duration::from_secs(30),
        statement_timeout: Duration::from_millis(300),
    });

    let outcomes = sign_up_many(&impatient.unwrap(), Duration::from_secs(60)).await;

    for outcome in outcomes {
        assert!(
            matches!(outcome, Err(StoreError::Unavailable(_))),
            "{outcome:?}"
        );
    }
    assert_eq!(tries(&mut connection), 1, "none was tried alone");
}

#[tokio::test]
async fn after_its_deadline_none_is_tried_alone() {
    let (fixture, mut connection) = that_refuses("PERFORM pg_sleep(0.1); RAISE 'nein';").await;

    let outcomes = sign_up_many(&fixture.store, Duration::from_millis(500)).await;

    let last = outcomes.last().unwrap();
    assert!(matches!(last, Err(StoreError::Overloaded)), "{last:?}");
    let tries = tries(&mut connection);
    assert!(tries <= 5, "{tries} tries of 0.1 s each within 0.5 s");
    assert_eq!(fixture.store.count_users().await.unwrap(), 0);
}

#[tokio::test]
async fn a_server_that_speaks_another_language_is_recognised() {
    let fixture = Fixture::new(TestDatabase::postgres()).await;
    assert!(fixture.store.has_english_messages().await.unwrap());
    // Translations are not installed everywhere, so the division says it itself.
    let mut connection = PgConnection::establish(fixture.database.url()).unwrap();
    connection
        .batch_execute(
            "CREATE FUNCTION divide(integer, integer) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN \
               RAISE 'Division durch Null' USING ERRCODE = 'division_by_zero'; END $$; \
             CREATE OPERATOR public./ (FUNCTION = divide, LEFTARG = integer, RIGHTARG = integer); \
             DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || \
               ' SET search_path = public, pg_catalog'; END $$",
        )
        .unwrap();
    let another = fixture.another_process();
    assert!(!another.has_english_messages().await.unwrap());
    let sqlite = Fixture::new(TestDatabase::sqlite()).await;
    assert!(sqlite.store.has_english_messages().await.unwrap());
}
