//! What can go wrong between us and the database.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// A fault of the database. Never the answer to a question: a taken identifier or a used code is an outcome.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is out of reach, out of connections or out of time. Trying later may help.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// So much waits to be written that it would come too late. Nothing was written.
    #[error("too much waits to be written to the database")]
    Overloaded,
    /// A row holds what this version cannot read.
    #[error("{what} in the database cannot be read: {problem}")]
    Unreadable {
        /// Which record.
        what: String,
        /// Why not.
        problem: String,
    },
    /// The setting names no database that we know.
    #[error("database.url: {0}; allowed: sqlite://PATH, postgres://USER:PASSWORD@HOST:PORT/NAME")]
    Url(String),
    /// The schema could not be brought up to date.
    #[error("the database schema could not be migrated: {0}")]
    Migration(String),
    /// The database refused a statement of ours: a fault in this program or in the schema.
    #[error("the database refused a statement: {0}")]
    Statement(String),
}

impl StoreError {
    /// A record that cannot be read.
    pub(crate) fn unreadable(what: impl Into<String>, problem: impl ToString) -> Self {
        Self::Unreadable {
            what: what.into(),
            problem: problem.to_string(),
        }
    }

    /// What it was, of work that took this long: whatever failed only after the time that a statement may take was out of
    /// time, in whatever language the server says so.
    pub(crate) fn after(self, took: Duration, statement_timeout: Duration) -> Self {
        match self {
            Self::Statement(text) if took >= statement_timeout => Self::Unavailable(text),
            other => other,
        }
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        let text = error.to_string();
        match &error {
            DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ReadOnlyTransaction,
                _,
            )
            | DieselError::BrokenTransactionManager => Self::Unavailable(text),
            DieselError::DatabaseError(_, _) if is_passing(&text) => Self::Unavailable(text),
            _ => Self::Statement(text),
        }
    }
}

/// Faults that diesel reports as `Unknown`, known by their texts only: a deadlock, a timeout, a lock that did not come
/// free, a server that is starting or stopping, a full disk. A PostgreSQL server that speaks another language
/// ([`Store::has_english_messages`](crate::Store::has_english_messages)) says them otherwise: of those only a timeout is
/// recognised, see [`StoreError::after`], and a lost connection, which diesel tells.
fn is_passing(text: &str) -> bool {
    const PASSING: [&str; 15] = [
        "deadlock detected",
        "statement timeout",
        "lock timeout",
        "database is locked",
        "disk I/O error",
        "disk is full",
        "No space left",
        "terminating connection",
        "server closed the connection",
        "could not connect",
        "connection to server",
        "is starting up",
        "is shutting down",
        "too many clients",
        "too many connections",
    ];
    PASSING.iter().any(|passing| text.contains(passing))
}

/// Whether a statement failed because a row with the same key exists.
pub(crate) fn is_unique_violation(error: &DieselError) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)
    )
}
