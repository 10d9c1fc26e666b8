//! Sealed texts, wherever they are stored.

use diesel::prelude::*;

use crate::error::StoreError;
use crate::schema::{credentials, declaration_revision, webhooks};
use crate::store::Store;

/// A sealed text and the one that takes its place. Each holds a random number, so a text is found by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resealed {
    /// What is stored.
    pub from: String,
    /// What is to be stored: the same secret, sealed with another key.
    pub to: String,
}

impl Store {
    /// Replaces sealed texts of credentials and webhooks, all or none, and returns how many were there. One that somebody
    /// else has changed or removed meanwhile is left alone.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn replace_sealed(&self, texts: Vec<Resealed>) -> Result<usize, StoreError> {
        self.transaction(move |connection| {
            diesel::update(declaration_revision::table)
                .set(declaration_revision::revision.eq(declaration_revision::revision + 1))
                .execute(connection)?;
            let mut replaced = 0;
            for Resealed { from, to } in &texts {
                replaced += diesel::update(credentials::table)
                    .filter(credentials::sealed.eq(from))
                    .set(credentials::sealed.eq(to))
                    .execute(connection)?;
                replaced += diesel::update(webhooks::table)
                    .filter(webhooks::secret.eq(from))
                    .set(webhooks::secret.eq(to))
                    .execute(connection)?;
                replaced += diesel::update(webhooks::table)
                    .filter(webhooks::previous_secret.eq(from))
                    .set(webhooks::previous_secret.eq(to))
                    .execute(connection)?;
            }
            Ok(replaced)
        })
        .await
    }
}
