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
                    "must be sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME, with special characters percent-encoded (% is %25)",
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
    /// database in memory is refused: each pooled connection would see another one. So is a PostgreSQL URL with a `%`
    /// that begins no percent-encoded character (RFC 3986, 2.1) or encodes NUL: connecting would fail.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = [SQLITE, "postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))?;
        let usable = if text.starts_with(SQLITE) {
            rest != ":memory:"
        } else {
            is_percent_encoded(rest)
        };
        (usable && !rest.is_empty()).then(|| Self(text.to_owned()))
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

fn is_percent_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        after
            .get(..2)
            .is_some_and(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()) && code != "00")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_percent_encoding_is_refused_for_postgres() {
        for broken in ["pa%ss", "50%", "%0", "%00", "%é"] {
            for scheme in ["postgres", "postgresql"] {
                let url = format!("{scheme}://u:{broken}@h/db");
                assert_eq!(DatabaseUrl::parse(&url), None, "{url}");
            }
        }
        for sound in [
            "postgres://u:p%40ss%25@h/db",
            "sqlite:///srv/100%/signup.db",
        ] {
            assert!(DatabaseUrl::parse(sound).is_some(), "{sound}");
        }
    }
}
