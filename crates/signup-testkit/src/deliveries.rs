//! Records of deliveries, read and aged from outside: as an auditor with a database client sees them.

use std::time::Duration;

use diesel::sql_types::{Integer, Nullable, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};

use crate::TestDatabase;

/// What is recorded about one message.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct DeliveryRecord {
    /// The event that asked for it.
    #[diesel(sql_type = Text)]
    pub event_id: String,
    /// `started`, `delivered`, `failed`, `dropped` or `unknown`.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// How often it was begun.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    /// Who took it.
    #[diesel(sql_type = Nullable<Text>)]
    pub sender: Option<String>,
    /// What else is known.
    #[diesel(sql_type = Nullable<Text>)]
    pub detail: Option<String>,
}

impl TestDatabase {
    /// All records, in the order of their events.
    ///
    /// # Panics
    /// When the database cannot be read.
    #[must_use]
    pub fn deliveries(&self) -> Vec<DeliveryRecord> {
        let query = sql_query(
            "SELECT event_id, state, attempts, sender, detail FROM deliveries ORDER BY event_id",
        );
        match self.url().strip_prefix("sqlite://") {
            Some(path) => query.load(&mut SqliteConnection::establish(path).unwrap()),
            None => query.load(&mut PgConnection::establish(self.url()).unwrap()),
        }
        .unwrap()
    }

    /// Makes every delivery look as if it had begun that much earlier, as time passing would.
    ///
    /// # Panics
    /// When the database cannot be written.
    pub fn age_deliveries(&self, by: Duration) {
        let by = by.as_millis();
        let change = sql_query(format!(
            "UPDATE deliveries SET started_at = started_at - {by}"
        ));
        match self.url().strip_prefix("sqlite://") {
            Some(path) => change.execute(&mut SqliteConnection::establish(path).unwrap()),
            None => change.execute(&mut PgConnection::establish(self.url()).unwrap()),
        }
        .unwrap();
    }
}
