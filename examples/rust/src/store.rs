//! What this consumer keeps: a SQLite file.

use std::path::Path;

use rusqlite::{Connection, Result, TransactionBehavior, params};

use crate::event::NewUser;

/// The new users, and the ids of the events that were taken.
pub struct Store(Connection);

impl Store {
    /// Opens the file, and makes it if it is missing.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS taken (event_id TEXT PRIMARY KEY) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS sign_ups
                 (event_id TEXT, provider TEXT, user_id TEXT, application TEXT, created_at TEXT);",
        )?;
        Ok(Self(connection))
    }

    /// Keeps the event's id and has its effect in one transaction: either both or neither. False for a repeat.
    pub fn take(&mut self, user: &NewUser) -> Result<bool> {
        let event_id = user.event_id.to_string();
        let transaction = self
            .0
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let is_new =
            transaction.execute("INSERT OR IGNORE INTO taken VALUES (?)", [&event_id])? == 1;
        if is_new {
            // Your own work goes here, as long as it happens in this database.
            transaction.execute(
                "INSERT INTO sign_ups VALUES (?, ?, ?, ?, ?)",
                params![
                    event_id,
                    user.provider,
                    user.user_id,
                    user.application,
                    user.created_at.to_string()
                ],
            )?;
        }
        transaction.commit()?;
        Ok(is_new)
    }
}
