//! Connections that are used again and again, and blocking statements kept off the async threads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::r2d2;
use prometheus::Histogram;
use prometheus::core::Collector;
use tokio::sync::Semaphore;

use crate::connection::{AnyConnection, Connector};
use crate::error::StoreError;
use crate::histogram::{SECONDS, histogram};

/// A pool of connections. Clones share it.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: r2d2::Pool<Connector>,
    permits: Arc<Semaphore>,
    wait: Duration,
    statement_timeout: Duration,
    waited: Histogram,
}

impl Pool {
    /// A pool of at most `size` connections, none of them made yet: the database may come up later. Whoever waits longer
    /// than `wait` for one is told that the database is unavailable. `name` tells its measures from another pool's.
    ///
    /// # Errors
    /// The name is not allowed: a fault in this program.
    pub fn new(
        name: &str,
        connector: Connector,
        size: u32,
        wait: Duration,
    ) -> Result<Self, StoreError> {
        let statement_timeout = connector.statement_timeout;
        let connections = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .connection_timeout(wait)
            .build_unchecked(connector);
        Ok(Self {
            connections,
            permits: Arc::new(Semaphore::new(size as usize)),
            wait,
            statement_timeout,
            waited: histogram(
                "signup_database_wait_seconds",
                "How long it took until a database connection was free.",
                ("pool", name),
                &SECONDS,
            )?,
        })
    }

    /// How long connections were waited for, for a registry.
    pub fn collector(&self) -> Box<dyn Collector> {
        Box::new(self.waited.clone())
    }

    /// Connections in use and allowed.
    pub fn usage(&self) -> (u32, u32) {
        let state = self.connections.state();
        (
            state.connections - state.idle_connections,
            self.connections.max_size(),
        )
    }

    /// How long a statement may take.
    pub fn statement_timeout(&self) -> Duration {
        self.statement_timeout
    }

    /// Runs statements on a connection, on a thread that may block. As many run at a time as there are connections, in
    /// the order in which they came, so waiting requests hold no thread.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let acquire = Arc::clone(&self.permits).acquire_owned();
        let begun = Instant::now();
        let permit = tokio::time::timeout(self.wait, acquire).await;
        self.waited.observe(begun.elapsed().as_secs_f64());
        let permit = permit
            .map_err(|_| {
                StoreError::Unavailable(format!("no connection came free within {:?}", self.wait))
            })?
            .map_err(|_| StoreError::Unavailable("the store is closed".to_owned()))?;
        let connections = self.connections.clone();
        let statement_timeout = self.statement_timeout;
        let task = tokio::task::spawn_blocking(move || {
            let mut pooled = connections
                .get()
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
            let begun = Instant::now();
            let result = work(&mut pooled.connection)
                .map_err(|error| error.after(begun.elapsed(), statement_timeout));
            pooled.proven_at = result.is_ok().then(Instant::now);
            // The connection goes back to the pool before the permit lets somebody else ask for it.
            drop(pooled);
            drop(permit);
            result
        });
        task.await
            .unwrap_or_else(|error| Err(StoreError::Statement(error.to_string())))
    }
}
