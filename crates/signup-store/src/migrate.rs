//! Bringing the schema up to date. Any number of processes may try at once: one migrates, the others wait for it.

use std::error::Error;
use std::fs::{DirBuilder, File, OpenOptions};
use std::path::Path;

use diesel::migration::{Migration, MigrationSource};
use diesel::result::Error as DieselError;
use diesel::sqlite::Sqlite;
use diesel::{Connection, RunQueryDsl as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::connection::{AnyConnection, Backend, Connector};
use crate::error::StoreError;
use crate::store::Store;

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Key of the advisory lock under which PostgreSQL is migrated; the number means nothing, it only has to be ours.
const ADVISORY_LOCK: i64 = 0x5349_474e_5550;

/// What a migration did, or would have to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationReport {
    /// Names of the migrations in the order in which they run.
    pub migrations: Vec<String>,
}

impl Store {
    /// Applies the migrations that are missing. Each is one transaction, so a killed migration leaves the schema as it
    /// was before it, and the next start goes on from there.
    ///
    /// # Errors
    /// The database is unavailable, or a migration failed.
    pub async fn migrate(&self) -> Result<MigrationReport, StoreError> {
        let connector = self.connector.clone();
        blocking(move || migrate(&connector)).await
    }

    /// The migrations that are missing. Asking changes nothing: an SQLite file that is not there is not made.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn pending_migrations(&self) -> Result<MigrationReport, StoreError> {
        let connector = self.connector.clone();
        blocking(move || {
            let path = Path::new(connector.sqlite_path());
            if connector.backend == Backend::Sqlite && !path.exists() {
                return names::<Sqlite>(MigrationSource::migrations(&SQLITE));
            }
            match &mut connector.connect()? {
                AnyConnection::Postgres(connection) => pending(connection, POSTGRES),
                AnyConnection::Sqlite(connection) => pending(connection, SQLITE),
            }
        })
        .await
    }
}

/// Migrating may take longer than any request and must not use up the pool: it has a connection of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(StoreError::Migration(error.to_string())))
}

fn migrate(connector: &Connector) -> Result<MigrationReport, StoreError> {
    let _file_lock = match connector.backend {
        Backend::Sqlite => Some(lock_beside(connector.sqlite_path())?),
        Backend::Postgres => None,
    };
    match &mut connector.connect()? {
        AnyConnection::Postgres(connection) => {
            diesel::sql_query("SET statement_timeout = 0").execute(connection)?;
            // Held by the session: it ends with the connection, whatever happens to this process.
            diesel::sql_query(format!("SELECT pg_advisory_lock({ADVISORY_LOCK})"))
                .execute(connection)?;
            run(connection, POSTGRES)
        }
        AnyConnection::Sqlite(connection) => run(connection, SQLITE),
    }
}

fn run<DB, C>(
    connection: &mut C,
    migrations: EmbeddedMigrations,
) -> Result<MigrationReport, StoreError>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
{
    let explain = |error: Box<dyn Error + Send + Sync>| StoreError::Migration(error.to_string());
    let missing = connection.pending_migrations(migrations).map_err(explain)?;
    connection.run_migrations(&missing).map_err(explain)?;
    names(Ok(missing))
}

/// Diesel's question makes Diesel's own table where it is missing, so it is asked in a transaction that is rolled back.
fn pending<DB, C>(
    connection: &mut C,
    migrations: EmbeddedMigrations,
) -> Result<MigrationReport, StoreError>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB> + Connection,
{
    let mut missing = Ok(Vec::new());
    let rolled_back = connection.transaction::<(), _, _>(|connection| {
        missing = connection.pending_migrations(migrations);
        Err(DieselError::RollbackTransaction)
    });
    match rolled_back {
        Ok(()) | Err(DieselError::RollbackTransaction) => names(missing),
        Err(error) => Err(error.into()),
    }
}

fn names<DB: diesel::backend::Backend>(
    migrations: diesel::migration::Result<Vec<Box<dyn Migration<DB>>>>,
) -> Result<MigrationReport, StoreError> {
    let migrations = migrations.map_err(|error| StoreError::Migration(error.to_string()))?;
    Ok(MigrationReport {
        migrations: migrations
            .iter()
            .map(|one| one.name().to_string())
            .collect(),
    })
}

/// Makes the folder of an SQLite file and takes a lock that the operating system frees with the process.
fn lock_beside(path: &str) -> Result<File, StoreError> {
    let explain = |error: std::io::Error| {
        StoreError::Unavailable(format!("cannot make or lock {path}.lock: {error}"))
    };
    if let Some(folder) = Path::new(path).parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        // Users' data goes there: nobody else may look.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(explain)?;
    }
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(format!("{path}.lock"))
        .map_err(explain)?;
    file.lock().map_err(explain)?;
    Ok(file)
}
