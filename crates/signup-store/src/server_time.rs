//! The database's clock, for telling operators when machines disagree about the time.

use diesel::RunQueryDsl as _;
use diesel::sql_types::BigInt;
use signup_core::time::Timestamp;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::store::Store;

#[derive(diesel::QueryableByName)]
struct Millis {
    #[diesel(sql_type = BigInt)]
    millis: i64,
}

impl Store {
    /// What the database takes for the present. SQLite asks this machine.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn server_time(&self) -> Result<Timestamp, StoreError> {
        self.run(|connection| {
            let present = match connection {
                AnyConnection::Postgres(_) => {
                    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS millis"
                }
                AnyConnection::Sqlite(_) => {
                    "SELECT CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER) AS millis"
                }
            };
            let row: Millis = diesel::sql_query(present).get_result(connection)?;
            Ok(Timestamp::from_millis(row.millis))
        })
        .await
    }
}
