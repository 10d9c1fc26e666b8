//! What a command works on: the settings, and through them the database and the keys.

use std::path::Path;

use anyhow::Context as _;
use notify_worker::channel::ChannelSettings;
use signup_app::settings::{Settings, process_environment};
use signup_app::store_options;
use signup_core::keys::KeyRing;
use signup_core::time::{Clock as _, SystemClock, Timestamp};
use signup_store::{Change, ChangeAuthor, Declarations, Store, StoreError};

/// The settings that this command line was given, from the same sources as the services'.
///
/// # Errors
/// Every fault in them.
pub fn settings(file: Option<&Path>) -> anyhow::Result<Settings> {
    Ok(Settings::load("", file, process_environment())?)
}

/// Like [`settings`], and the worker's channels from the same sources: what the worker itself would refuse.
///
/// # Errors
/// Every fault in any of them.
pub fn settings_with_channels(file: Option<&Path>) -> anyhow::Result<(Settings, ChannelSettings)> {
    Ok(Settings::load_with(
        "",
        file,
        process_environment(),
        ChannelSettings::read,
    )?)
}

/// What the history and the audit log call this program.
pub const ORIGIN: &str = "signupctl";

/// Settings, an open database, keys.
pub struct Workplace {
    /// Who makes changes.
    pub who: String,
    /// The settings.
    pub settings: Settings,
    /// The database.
    pub store: Store,
}

impl Workplace {
    /// Reads the settings and prepares the database without connecting to it. `who` makes changes, or the user of this
    /// machine.
    ///
    /// # Errors
    /// The settings are at fault.
    pub fn open(file: Option<&Path>, who: Option<String>) -> anyhow::Result<Self> {
        let settings = settings(file)?;
        let store = Store::open(&store_options(&settings.database))?;
        Ok(Self::new(settings, store, who))
    }

    /// The same from parts that are there already.
    pub fn new(settings: Settings, store: Store, who: Option<String>) -> Self {
        Self {
            who: who.unwrap_or_else(user_of_machine),
            settings,
            store,
        }
    }

    /// Who runs this program, as the author of a change.
    pub fn author(&self) -> ChangeAuthor {
        ChangeAuthor {
            origin: ORIGIN,
            name: self.who.clone(),
            request_id: None,
            client: None,
            time: now(),
        }
    }

    /// Makes changes, in the name of who runs this program.
    ///
    /// # Errors
    /// See [`Store::change_declarations`].
    pub async fn change_declarations(&self, changes: Vec<Change>) -> anyhow::Result<()> {
        self.store
            .change_declarations_as(self.author(), changes, None)
            .await?;
        Ok(())
    }

    /// The keys; on the embedded default they are made if they are missing.
    ///
    /// # Errors
    /// The file with the keys cannot be used.
    pub fn keys(&self) -> anyhow::Result<KeyRing> {
        Ok(self.settings.secrets.key_ring()?)
    }

    /// Everything that is declared.
    ///
    /// # Errors
    /// The database is out of reach or was never migrated; the error says which.
    pub async fn declarations(&self) -> anyhow::Result<Declarations> {
        self.must_be_migrated().await?;
        Ok(self.store.declarations().await?)
    }

    /// Refuses to go on with a schema that this program does not know.
    ///
    /// # Errors
    /// The database is out of reach, or migrations are missing.
    pub async fn must_be_migrated(&self) -> anyhow::Result<()> {
        let missing = self.pending_migrations().await?;
        anyhow::ensure!(
            missing.is_empty(),
            "{} is not migrated: {} missing; run: signupctl migrate",
            self.database(),
            missing.join(", "),
        );
        Ok(())
    }

    /// The migrations that are missing.
    ///
    /// # Errors
    /// The database is out of reach.
    pub async fn pending_migrations(&self) -> anyhow::Result<Vec<String>> {
        let report = self.store.pending_migrations().await;
        Ok(report.map_err(|error| self.explain(error))?.migrations)
    }

    /// Brings the schema up to date and tells what was done.
    ///
    /// # Errors
    /// The database is out of reach, or a migration failed.
    pub async fn migrate(&self) -> anyhow::Result<Vec<String>> {
        let report = self.store.migrate().await;
        Ok(report.map_err(|error| self.explain(error))?.migrations)
    }

    /// The database for messages, without its password.
    pub fn database(&self) -> String {
        format!("{:?}", self.settings.database.url)
    }

    fn explain(&self, error: StoreError) -> anyhow::Error {
        // Database clients report in several lines.
        let text = error.to_string();
        let text: Vec<&str> = text.split_whitespace().collect();
        anyhow::anyhow!("{} ({})", text.join(" "), self.database())
    }
}

/// Who is at work: behind sudo, the one who asked for it. Containers often name nobody.
fn user_of_machine() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The present.
pub fn now() -> Timestamp {
    SystemClock.now()
}

/// Runs a command that waits for something.
///
/// # Errors
/// The command's own, or the system gives no threads.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?
        .block_on(work)
}
