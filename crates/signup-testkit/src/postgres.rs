//! A fresh, empty database for one test.

use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;

/// The environment variable that names the PostgreSQL server for tests, as
/// `postgres://user:password@host:port/database`. The user must be allowed to create
/// databases. `scripts/with-postgres` sets it.
pub const SERVER_VARIABLE: &str = "TEST_POSTGRES_URL";

/// A database that belongs to one test and disappears with this value.
///
/// It is empty: the test migrates it, or hands its URL to something that does.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    keep: Keep,
}

/// What has to be removed in the end.
#[derive(Debug)]
enum Keep {
    Folder(#[expect(dead_code, reason = "held for its Drop")] TempDir),
    Database(OwnedDatabase),
}

impl TestDatabase {
    /// Creates the database `test_<uuid>` on the server named by [`SERVER_VARIABLE`].
    ///
    /// # Panics
    /// When the variable is missing or the server cannot be reached: a test without its
    /// database has failed, it is never skipped.
    #[track_caller]
    #[must_use]
    pub fn postgres() -> Self {
        match PostgresDatabase::create(std::env::var(SERVER_VARIABLE).ok()) {
            Ok(database) => Self {
                url: database.url(),
                keep: Keep::Database(OwnedDatabase(database)),
            },
            Err(reason) => panic!("{reason}"),
        }
    }

    /// Names an SQLite file that does not exist yet, in a folder of its own.
    ///
    /// # Panics
    /// When the temporary folder cannot be created.
    #[track_caller]
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("test.db");
        Self {
            url: format!("sqlite://{}", file.display()),
            keep: Keep::Folder(folder),
        }
    }

    /// The URL as the services' settings take it: `postgres://…` or `sqlite:///path`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Takes the database away until the returned value is dropped: PostgreSQL ends all connections and refuses new
    /// ones, SQLite is locked against every writer.
    ///
    /// # Panics
    /// When the database cannot be reached.
    #[must_use]
    pub fn deny(&self) -> Denied {
        match &self.keep {
            Keep::Database(OwnedDatabase(database)) => {
                database.allow_connections(false).unwrap();
                let end_all = format!(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
                    database.name
                );
                execute(&database.server, &end_all).unwrap();
                Denied(Hold::Database(database.clone()))
            }
            Keep::Folder(_) => {
                let path = self.url.trim_start_matches("sqlite://");
                let mut connection = SqliteConnection::establish(path).unwrap();
                connection
                    .batch_execute("PRAGMA busy_timeout = 10000; BEGIN EXCLUSIVE")
                    .unwrap();
                Denied(Hold::Lock(connection))
            }
        }
    }
}

/// A database out of reach; see [`TestDatabase::deny`].
pub struct Denied(Hold);

enum Hold {
    Lock(#[expect(dead_code, reason = "held for its lock")] SqliteConnection),
    Database(PostgresDatabase),
}

impl Drop for Denied {
    fn drop(&mut self) {
        if let Hold::Database(database) = &self.0
            && let Err(reason) = database.allow_connections(true)
        {
            eprintln!("a test database stays closed: {reason}");
        }
    }
}

#[derive(Clone, Debug)]
struct PostgresDatabase {
    server: Url,
    name: String,
}

/// Drops the database in the end.
#[derive(Debug)]
struct OwnedDatabase(PostgresDatabase);

impl PostgresDatabase {
    fn create(server: Option<String>) -> Result<Self, String> {
        let server = server_url(server)?;
        let name = format!("test_{}", Uuid::new_v4().simple());
        // template0, because nobody can be connected to it and stand in the way.
        execute(
            &server,
            &format!("CREATE DATABASE {name} TEMPLATE template0"),
        )?;
        Ok(Self { server, name })
    }

    fn allow_connections(&self, allow: bool) -> Result<(), String> {
        let statement = format!("ALTER DATABASE {} ALLOW_CONNECTIONS {allow}", self.name);
        execute(&self.server, &statement)
    }

    fn url(&self) -> String {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url.into()
    }
}

impl Drop for OwnedDatabase {
    fn drop(&mut self) {
        // FORCE ends connections that the test left open, as a pool does.
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.0.name);
        if let Err(reason) = execute(&self.0.server, &statement) {
            // A second panic would hide the test's own failure.
            eprintln!("a test database is left behind: {reason}");
        }
    }
}

fn execute(server: &Url, statement: &str) -> Result<(), String> {
    // Before the first connection, for the reason that the store has: tests end while their pools still connect.
    openssl_sys::init();
    let mut server = PgConnection::establish(server.as_str())
        .map_err(|error| format!("the server in {SERVER_VARIABLE}: {error}"))?;
    sql_query(statement)
        .execute(&mut server)
        .map_err(|error| format!("{statement}: {error}"))?;
    Ok(())
}

fn server_url(variable: Option<String>) -> Result<Url, String> {
    let value = variable.filter(|value| !value.is_empty()).ok_or(format!(
        "this test needs PostgreSQL: run `make test`, \
         or set {SERVER_VARIABLE}=postgres://user:password@host:port/database"
    ))?;
    let url = Url::parse(&value).map_err(|error| format!("{SERVER_VARIABLE}: {error}"))?;
    match url.scheme() {
        "postgres" | "postgresql" => Ok(url),
        other => Err(format!(
            "{SERVER_VARIABLE}: postgres:// is needed, not {other}://"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use diesel::QueryResult;

    use super::*;

    fn connect(url: &str) -> PgConnection {
        PgConnection::establish(url).unwrap()
    }

    fn count_databases(name: &str) -> QueryResult<usize> {
        let server = server_url(std::env::var(SERVER_VARIABLE).ok()).unwrap();
        sql_query("SELECT datname FROM pg_database WHERE datname = $1")
            .bind::<diesel::sql_types::Text, _>(name)
            .execute(&mut connect(server.as_str()))
    }

    #[test]
    fn a_dropped_database_is_gone_although_a_connection_was_open() {
        let database = TestDatabase::postgres();
        let name = database.url().rsplit('/').next().unwrap().to_owned();
        let mut left_open = connect(database.url());
        sql_query("CREATE TABLE mine (id INT)")
            .execute(&mut left_open)
            .unwrap();
        assert_eq!(count_databases(&name), Ok(1));

        drop(database);

        assert_eq!(count_databases(&name), Ok(0));
    }

    #[test]
    fn two_databases_do_not_share_tables() {
        let (one, other) = (TestDatabase::postgres(), TestDatabase::postgres());
        for database in [&one, &other] {
            sql_query("CREATE TABLE same_name (id INT)")
                .execute(&mut connect(database.url()))
                .unwrap();
        }
    }

    #[test]
    fn an_sqlite_folder_is_gone_with_its_database() {
        let database = TestDatabase::sqlite();
        let file = database.url().strip_prefix("sqlite://").unwrap().to_owned();
        std::fs::write(&file, "").unwrap();

        drop(database);

        assert!(!Path::new(&file).parent().unwrap().exists());
    }

    #[test]
    fn a_missing_server_is_explained() {
        for missing in [None, Some(String::new())] {
            let reason = server_url(missing).unwrap_err();
            assert!(reason.contains("make test"), "{reason}");
            assert!(reason.contains(SERVER_VARIABLE), "{reason}");
        }
    }

    #[test]
    fn another_kind_of_database_is_refused() {
        let reason = server_url(Some("mysql://localhost/test".into())).unwrap_err();
        assert!(reason.contains("mysql://"), "{reason}");
    }
}
