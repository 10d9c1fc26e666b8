//! `[database]`

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::describe::mask_url;
use super::reader::Reader;

/// Which database, and how patiently it is used.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// Where the data is.
    pub url: DatabaseUrl,
    /// Connections per process.
    pub pool_size: u32,
    /// How long a request may wait for a connection.
    pub pool_wait: Duration,
    /// A statement that runs longer is cancelled.
    pub statement_timeout: Duration,
    /// Whether the process brings the schema up to date when it starts.
    pub migrate_on_start: bool,
}

impl DatabaseSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let short = Duration::from_millis(10)..=Duration::from_secs(60);
        Self {
            url: reader
                .parsed(
                    "database.url",
                    "must be sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME",
                    DatabaseUrl::parse,
                )
                .unwrap_or_else(|| DatabaseUrl("sqlite://placeholder".to_owned())),
            pool_size: reader.integer("database.pool_size", 1..=1000),
            pool_wait: reader.duration("database.pool_wait", short.clone()),
            statement_timeout: reader.duration("database.statement_timeout", short),
            migrate_on_start: reader.flag("database.migrate_on_start"),
        }
    }
}

const SQLITE: &str = "sqlite://";

/// A database URL whose scheme is known. `Debug` hides user, password and options.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// `sqlite://PATH`, `postgres://…` or `postgresql://…`; `None` for anything else. A SQLite
    /// database in memory is refused: each pooled connection would see another one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = [SQLITE, "postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))?;
        (!rest.is_empty() && rest != ":memory:").then(|| Self(text.to_owned()))
    }

    /// The URL as configured. It may hold a password: never log it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The database file, or `None` when this is PostgreSQL.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&Path> {
        self.0.strip_prefix(SQLITE).map(Path::new)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask_url(&self.0))
    }
}
