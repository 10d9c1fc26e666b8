//! The application's one context: everything that a request handler needs, made once per process.

use std::io;
use std::sync::Arc;

use signup_core::keys::KeyRing;
use signup_core::time::{Clock, SystemClock};
use signup_store::{Store, StoreError, StoreOptions};
use tokio::sync::Notify;

use crate::announcer::Announcer;
use crate::attempts::AttemptLimiter;
use crate::catalog::Catalog;
use crate::funnel_counter::FunnelCounter;
use crate::hash_pool::HashPool;
use crate::in_flight::InFlight;
use crate::metrics::Metrics;
use crate::records::Records;
use crate::settings::{DatabaseSettings, SecretsError, Settings};

/// What a process has: settings, database, keys, declared applications, hash threads, clock, metrics.
pub struct App {
    /// Settings that do not change while the process runs.
    pub settings: Settings,
    /// The database.
    pub store: Store,
    /// The declared applications and credentials, at most a few seconds old.
    pub catalog: Catalog,
    /// Our own keys.
    pub keys: KeyRing,
    /// The threads that hash passwords.
    pub hash_pool: HashPool,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is counted.
    pub metrics: Metrics,
    /// Tells the relays of committed events.
    pub announcer: Announcer,
    /// Wakes the dispatcher of webhooks when something was queued for one.
    pub webhook_wake: Arc<Notify>,
    /// How far people come.
    pub funnel: FunnelCounter,
    pub(crate) attempts: AttemptLimiter,
    pub(crate) in_flight: InFlight,
    pub(crate) records: Records,
}

/// Why a process cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key file of the embedded default.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The system gives no threads.
    #[error("the hash threads cannot be started: {0}")]
    Threads(#[from] io::Error),
    /// A metric is registered twice, a fault in this program.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

impl App {
    /// Connects, migrates if the settings say so, and loads the applications of these providers.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(
        settings: Settings,
        providers: &'static [&'static str],
    ) -> Result<Arc<Self>, StartError> {
        Self::start_at(settings, providers, Arc::new(SystemClock)).await
    }

    /// Like [`App::start`], with another clock.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start_at(
        settings: Settings,
        providers: &'static [&'static str],
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, StartError> {
        let keys = settings.secrets.key_ring()?;
        let store = Store::open(&store_options(&settings.database))?;
        if settings.database.migrate_on_start {
            let done = store.migrate().await?;
            for migration in &done.migrations {
                log::info!(event = "database.migrated"; "migration {migration} was applied");
            }
        }
        // What cannot be found out is no reason not to start.
        if let Ok(false) = store.has_english_messages().await {
            log::warn!(
                event = "database.language";
                "the database's messages are not in English, so some outages are taken for faults; signupctl doctor says what to do"
            );
        }
        let catalog = Catalog::load(providers, &store, &keys).await?;
        catalog.log_weak_settings();
        let metrics = Metrics::new()?;
        for collector in store.collectors() {
            metrics.registry.register(collector)?;
        }
        let hash_pool = HashPool::new(&settings.hash, &metrics)?;
        Ok(Arc::new(Self {
            store,
            catalog,
            keys,
            hash_pool,
            clock,
            metrics,
            announcer: Announcer::default(),
            webhook_wake: Arc::default(),
            funnel: FunnelCounter::default(),
            in_flight: InFlight::default(),
            attempts: AttemptLimiter::default(),
            records: Records::default(),
            settings,
        }))
    }
}

/// The store's options as the settings say.
pub fn store_options(database: &DatabaseSettings) -> StoreOptions {
    StoreOptions {
        url: database.url.as_str().to_owned(),
        pool_size: database.pool_size,
        pool_wait: database.pool_wait,
        statement_timeout: database.statement_timeout,
    }
}
