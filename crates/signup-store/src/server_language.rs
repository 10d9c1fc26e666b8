//! The language that the database speaks: some outages are known by their texts only.

use diesel::sql_types::Text;
use diesel::{Connection as _, RunQueryDsl as _};

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::store::Store;

#[derive(diesel::QueryableByName)]
struct Message {
    #[diesel(sql_type = Text)]
    text: String,
}

impl Store {
    /// Whether the database says in English what is wrong. PostgreSQL's setting (`lc_messages`) does not tell, because a
    /// translation may be missing; so it is asked for a message. SQLite speaks English only.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn has_english_messages(&self) -> Result<bool, StoreError> {
        self.run(|connection| {
            let AnyConnection::Postgres(connection) = connection else {
                return Ok(true);
            };
            // Caught where it happens, so that no fault of ours stands in the server's log.
            connection.transaction(|connection| {
                diesel::sql_query(
                    "DO $$ BEGIN PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN \
                       PERFORM set_config('signup.message', SQLERRM, true); END $$",
                )
                .execute(connection)?;
                let message: Message =
                    diesel::sql_query("SELECT current_setting('signup.message') AS text")
                        .get_result(connection)?;
                Ok(message.text == "division by zero")
            })
        })
        .await
    }
}
