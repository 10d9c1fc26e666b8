//! The store: the door to the database.

use std::fmt;
use std::time::Duration;

use diesel::RunQueryDsl as _;
use prometheus::core::Collector;
use signup_core::sign_up::SignUpRecord;

use crate::challenges::NewChallenge;
use crate::connection::{AnyConnection, Backend, Connector, Planning};
use crate::error::StoreError;
use crate::pool::Pool;
use crate::writer::Writer;

/// Connections that write: one for sign-ups, one for code requests.
const WRITERS: u32 = 2;

/// How to reach the database.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite://PATH` or `postgres://…`.
    pub url: String,
    /// Most connections at a time. SQLite has one writer, so its pool always has one connection.
    pub pool_size: u32,
    /// How long a request waits for a free connection before the database counts as unavailable.
    pub pool_wait: Duration,
    /// How long one statement may take, and how long SQLite waits for another process's lock.
    pub statement_timeout: Duration,
}

/// Without the URL: it may hold a password.
impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("pool_size", &self.pool_size)
            .field("pool_wait", &self.pool_wait)
            .field("statement_timeout", &self.statement_timeout)
            .finish_non_exhaustive()
    }
}

/// The store. Clones share their connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) connector: Connector,
    pub(crate) sign_ups: Writer<SignUpRecord>,
    pub(crate) code_requests: Writer<NewChallenge>,
    pool: Pool,
}

impl Store {
    /// Prepares the connections without making one: the database may come up later.
    ///
    /// # Errors
    /// The URL names no database that we know.
    pub fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        let backend = Backend::of_url(&options.url)?;
        let connector = Connector {
            backend,
            url: options.url.clone(),
            statement_timeout: options.statement_timeout,
            planning: Planning::ByStatistics,
        };
        let pool_of = |name, size, planning| {
            let connector = Connector {
                planning,
                ..connector.clone()
            };
            Pool::new(name, connector, size, options.pool_wait)
        };
        let (pool, writing) = match backend {
            Backend::Postgres => (
                pool_of("shared", options.pool_size.max(1), Planning::ByStatistics)?,
                pool_of("writers", WRITERS, Planning::ByIndex)?,
            ),
            // SQLite has one writer, and so all share one connection.
            Backend::Sqlite => {
                let pool = pool_of("shared", 1, Planning::ByStatistics)?;
                (pool.clone(), pool)
            }
        };
        Ok(Self {
            connector,
            sign_ups: Writer::new(writing.clone(), "sign_ups")?,
            code_requests: Writer::new(writing, "codes")?,
            pool,
        })
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        self.connector.backend
    }

    /// What the writers and the shared connections measure, for a registry.
    pub fn collectors(&self) -> Vec<Box<dyn Collector>> {
        let mut collectors = vec![self.pool.collector()];
        collectors.extend(self.sign_ups.collectors());
        collectors.extend(self.code_requests.collectors());
        collectors
    }

    /// Connections in use and allowed, for metrics. Those of the writers come on top.
    pub fn pool_use(&self) -> (u32, u32) {
        self.pool.usage()
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// The database is unavailable, or its schema was never made.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.run(|connection| {
            diesel::sql_query("SELECT revision FROM declaration_revision").execute(connection)?;
            Ok(())
        })
        .await
    }

    /// Runs statements on a connection of the pool (see [`Pool::run`]).
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.pool.run(work).await
    }

    /// Like [`Store::run`], in one transaction that writes.
    pub(crate) async fn transaction<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(|connection| connection.write_transaction(work))
            .await
    }
}
