//! The store: a pool of connections, and blocking statements kept off the async threads.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use diesel::r2d2::{Pool, PooledConnection};
use diesel::{Connection as _, RunQueryDsl as _};
use tokio::sync::Semaphore;

use crate::connection::{AnyConnection, Backend, Connector};
use crate::error::StoreError;

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

/// The store. Clones share the pool.
#[derive(Clone)]
pub struct Store {
    pub(crate) connector: Connector,
    pool: Pool<Connector>,
    permits: Arc<Semaphore>,
    pool_wait: Duration,
}

impl Store {
    /// Prepares the pool without connecting: the database may come up later.
    ///
    /// # Errors
    /// The URL names no database that we know.
    pub fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        let backend = Backend::of_url(&options.url)?;
        let connector = Connector {
            backend,
            url: options.url.clone(),
            statement_timeout: options.statement_timeout,
        };
        let size = match backend {
            Backend::Postgres => options.pool_size.max(1),
            Backend::Sqlite => 1,
        };
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .connection_timeout(options.pool_wait)
            .build_unchecked(connector.clone());
        Ok(Self {
            connector,
            pool,
            permits: Arc::new(Semaphore::new(size as usize)),
            pool_wait: options.pool_wait,
        })
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        self.connector.backend
    }

    /// Connections in use and allowed, for metrics.
    pub fn pool_use(&self) -> (u32, u32) {
        let state = self.pool.state();
        (
            state.connections - state.idle_connections,
            self.pool.max_size(),
        )
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

    /// Runs statements on a connection, on a thread that may block. As many run at a time as there are connections, so
    /// waiting requests hold no thread.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let acquire = Arc::clone(&self.permits).acquire_owned();
        let permit = tokio::time::timeout(self.pool_wait, acquire)
            .await
            .map_err(|_| {
                StoreError::Unavailable(format!(
                    "no connection came free within {:?}",
                    self.pool_wait
                ))
            })?
            .map_err(|_| StoreError::Unavailable("the store is closed".to_owned()))?;
        let pool = self.pool.clone();
        let task = tokio::task::spawn_blocking(move || {
            let mut connection = get(&pool)?;
            let result = work(&mut connection);
            // The connection goes back to the pool before the permit lets somebody else ask for it.
            drop(connection);
            drop(permit);
            result
        });
        task.await
            .unwrap_or_else(|error| Err(StoreError::Statement(error.to_string())))
    }

    /// Like [`Store::run`], in one transaction. The first statement must be one that writes (see the crate's docs).
    pub(crate) async fn transaction<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(|connection| connection.transaction(work)).await
    }
}

fn get(pool: &Pool<Connector>) -> Result<PooledConnection<Connector>, StoreError> {
    pool.get()
        .map_err(|error| StoreError::Unavailable(error.to_string()))
}
