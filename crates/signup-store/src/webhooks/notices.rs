//! Telling somebody that a webhook was disabled.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use signup_core::time::Timestamp;

use super::Webhook;
use super::row::WebhookRow;
use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::schema::webhooks::dsl;
use crate::store::Store;

impl Store {
    /// A webhook whose contact is to be told that it was disabled. One caller gets it; unless the notice is
    /// [finished](Store::finish_webhook_notice), it is due again at `retry_at`.
    ///
    /// # Errors
    /// The database is unavailable, or the row cannot be read.
    pub async fn claim_webhook_notice(
        &self,
        now: Timestamp,
        retry_at: Timestamp,
    ) -> Result<Option<Webhook>, StoreError> {
        self.run(move |connection| {
            let skip_locked = match connection {
                AnyConnection::Postgres(_) => "FOR UPDATE SKIP LOCKED",
                AnyConnection::Sqlite(_) => "",
            };
            let row: Option<WebhookRow> = diesel::sql_query(format!(
                "UPDATE webhooks SET notice_at = $1 WHERE id IN \
                   (SELECT id FROM webhooks WHERE notice_at <= $2 LIMIT 1 {skip_locked}) \
                 RETURNING *"
            ))
            .bind::<BigInt, _>(retry_at.as_millis())
            .bind::<BigInt, _>(now.as_millis())
            .get_result(connection)
            .optional()?;
            row.map(WebhookRow::read).transpose()
        })
        .await
    }

    /// The contact was told, or never can be.
    ///
    /// # Errors
    /// The database is unavailable; the contact is told once more.
    pub async fn finish_webhook_notice(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.run(move |connection| {
            diesel::update(dsl::webhooks.find(id))
                .set(dsl::notice_at.eq(None::<i64>))
                .execute(connection)?;
            Ok(())
        })
        .await
    }
}
