//! One connection to one of the two databases, and how the pool makes and checks it.

use std::fmt;
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager as _};
use diesel::pg::PgConnection;
use diesel::r2d2::ManageConnection;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, RunQueryDsl as _};

use crate::error::StoreError;
use crate::postgres_url;

/// A connection; most statements do not care to which database.
#[derive(diesel::MultiConnection)]
pub(crate) enum AnyConnection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl AnyConnection {
    /// A transaction that is going to write. On SQLite, where one writes at a time, it is the one from its beginning: what
    /// it reads nobody changes before it writes. It must not be within another.
    pub fn write_transaction<T, E: From<diesel::result::Error>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Postgres(_) => return self.transaction(work),
            Self::Sqlite(connection) => {
                AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")?;
            }
        }
        let result = work(self);
        let end = match &result {
            Ok(_) => AnyTransactions::commit_transaction(self),
            Err(_) => AnyTransactions::rollback_transaction(self),
        };
        match (result, end) {
            (Ok(value), Ok(())) => Ok(value),
            (Ok(_), Err(error)) => Err(error.into()),
            // Why it failed says more than that it could not be taken back; the pool sees the connection's state.
            (Err(error), _) => Err(error),
        }
    }
}

type AnyTransactions = <AnyConnection as diesel::Connection>::TransactionManager;

/// The two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// PostgreSQL, for any number of processes on any number of machines.
    Postgres,
    /// SQLite, the embedded default: one file, one machine.
    Sqlite,
}

impl Backend {
    /// The database that a URL names.
    ///
    /// # Errors
    /// The scheme is neither `postgres`, `postgresql` nor `sqlite`.
    pub fn of_url(url: &str) -> Result<Self, StoreError> {
        match url.split_once("://") {
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite),
            Some(("sqlite", _)) => Err(StoreError::Url("the path is missing".to_owned())),
            _ => Err(StoreError::Url("the scheme is unknown".to_owned())),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        })
    }
}

/// How PostgreSQL chooses its way to the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planning {
    /// By its statistics, as it thinks best.
    ByStatistics,
    /// By the indexes, planned once: for statements that only look up what they name. Statistics from a time when a
    /// table was empty would have them read all of it, and plan the same thing anew each time.
    ByIndex,
}

/// The statements for [`Planning::ByIndex`]. `scope` is `SESSION`, or `LOCAL` for the rest of a transaction.
pub(crate) fn plan_by_index(scope: &str) -> String {
    format!(
        "SET {scope} enable_seqscan = off; SET {scope} enable_bitmapscan = off; \
         SET {scope} plan_cache_mode = force_generic_plan"
    )
}

/// Makes connections for the pool.
#[derive(Clone)]
pub(crate) struct Connector {
    pub backend: Backend,
    pub url: String,
    pub statement_timeout: Duration,
    pub planning: Planning,
}

/// A connection in the pool.
pub(crate) struct PooledConnection {
    pub connection: AnyConnection,
    /// When it last did what it was asked to; none if its last work failed.
    pub proven_at: Option<Instant>,
}

/// So long a connection that has worked is taken to be alive. Asking it each time would double the statements.
const STAYS_ALIVE: Duration = Duration::from_secs(1);

impl Connector {
    pub fn connect(&self) -> Result<AnyConnection, StoreError> {
        let millis = self.statement_timeout.as_millis();
        match self.backend {
            Backend::Postgres => {
                // Whoever comes first decides: libpq would have OpenSSL free its tables when the process ends, and a
                // thread that is still making a connection then would read them all the same, and crash.
                openssl_sys::init();
                let url = postgres_url::with_time_limits(&self.url);
                let mut connection = PgConnection::establish(&url).map_err(|error| {
                    // The client library quotes what it cannot read, passwords included.
                    let text = postgres_url::mask_passwords(&self.url, &error.to_string());
                    StoreError::Unavailable(text)
                })?;
                connection.batch_execute(&format!("SET statement_timeout = {millis}"))?;
                if self.planning == Planning::ByIndex {
                    connection.batch_execute(&plan_by_index("SESSION"))?;
                }
                Ok(AnyConnection::Postgres(connection))
            }
            Backend::Sqlite => {
                let path = self.sqlite_path();
                let mut connection = SqliteConnection::establish(path).map_err(|error| {
                    StoreError::Unavailable(format!("cannot open {path}: {error}"))
                })?;
                // FULL: a sign-up that was answered survives a power cut, not only a crash.
                // What a savepoint keeps to go back to stays in memory, as do up to 16 MB of the tables; and the log is
                // moved into them every 16 MB, because pages that changed twice are moved once.
                connection.batch_execute(&format!(
                    "PRAGMA busy_timeout = {millis}; PRAGMA journal_mode = WAL; \
                     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                     PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; \
                     PRAGMA wal_autocheckpoint = 4096;"
                ))?;
                Ok(AnyConnection::Sqlite(connection))
            }
        }
    }

    /// The file behind a `sqlite://` URL.
    pub fn sqlite_path(&self) -> &str {
        self.url.trim_start_matches("sqlite://")
    }
}

impl ManageConnection for Connector {
    type Connection = PooledConnection;
    type Error = StoreError;

    fn connect(&self) -> Result<PooledConnection, StoreError> {
        Ok(PooledConnection {
            connection: self.connect()?,
            proven_at: Some(Instant::now()),
        })
    }

    fn is_valid(&self, pooled: &mut PooledConnection) -> Result<(), StoreError> {
        if pooled
            .proven_at
            .is_none_or(|proven_at| proven_at.elapsed() >= STAYS_ALIVE)
        {
            diesel::sql_query("SELECT 1").execute(&mut pooled.connection)?;
        }
        Ok(())
    }

    fn has_broken(&self, pooled: &mut PooledConnection) -> bool {
        std::thread::panicking()
            || AnyTransactions::is_broken_transaction_manager(&mut pooled.connection)
    }
}
