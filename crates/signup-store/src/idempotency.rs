//! Idempotency keys: a claim by insert, and a reply stored in the transaction that it answers for.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use signup_core::reply::Reply;
use signup_core::sign_up::IdempotencyClaim;
use signup_core::time::Timestamp;
use uuid::Uuid;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::schema::idempotency_keys::dsl;
use crate::store::Store;

/// What an idempotency key means for the request that brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimOutcome {
    /// It is new, or its first request died: this request answers.
    Claimed(IdempotencyClaim),
    /// It was answered before.
    Replay(Reply),
    /// It belongs to another request.
    Mismatch,
    /// Its first request is still at work.
    InProgress,
}

impl Store {
    /// Claims an idempotency key. `fingerprint` tells whether the request is the same; `lease` is how long a
    /// request may be at work before another may take over, `retention` how long replies are kept.
    ///
    /// # Errors
    /// The database is unavailable, or a stored reply cannot be read.
    #[allow(clippy::too_many_arguments)]
    pub async fn claim_idempotency(
        &self,
        provider: &str,
        application: &str,
        key: &str,
        fingerprint: [u8; 32],
        now: Timestamp,
        lease: Duration,
        retention: Duration,
    ) -> Result<ClaimOutcome, StoreError> {
        let claim = IdempotencyClaim {
            provider: provider.to_owned(),
            application: application.to_owned(),
            key: key.to_owned(),
            token: Uuid::now_v7(),
        };
        let fingerprint: String = fingerprint
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.run(move |connection| {
            let claimed = diesel::sql_query(
                "INSERT INTO idempotency_keys \
                   (provider, application_id, key, fingerprint, token, leased_until, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) \
                 ON CONFLICT (provider, application_id, key) DO UPDATE SET \
                   fingerprint = excluded.fingerprint, token = excluded.token, reply = NULL, \
                   leased_until = excluded.leased_until, expires_at = excluded.expires_at \
                 WHERE idempotency_keys.expires_at <= $8 \
                   OR (idempotency_keys.reply IS NULL AND idempotency_keys.leased_until <= $8 \
                       AND idempotency_keys.fingerprint = excluded.fingerprint)",
            )
            .bind::<Text, _>(&claim.provider)
            .bind::<Text, _>(&claim.application)
            .bind::<Text, _>(&claim.key)
            .bind::<Text, _>(&fingerprint)
            .bind::<Text, _>(claim.token.to_string())
            .bind::<BigInt, _>(now.after(lease).as_millis())
            .bind::<BigInt, _>(now.after(retention).as_millis())
            .bind::<BigInt, _>(now.as_millis())
            .execute(connection)?;
            if claimed == 1 {
                return Ok(ClaimOutcome::Claimed(claim));
            }
            held_by_another(connection, &claim, &fingerprint)
        })
        .await
    }

    /// Keeps the reply of a request that wrote no user. Does nothing if the claim was finished or lost.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn finish_idempotency(
        &self,
        claim: IdempotencyClaim,
        reply: Reply,
    ) -> Result<(), StoreError> {
        self.run(move |connection| {
            finish(connection, &claim, &reply)?;
            Ok(())
        })
        .await
    }

    /// Gives the key back: the request came to no final answer and may be repeated at once.
    ///
    /// # Errors
    /// The database is unavailable; the key comes free when its lease ends.
    pub async fn release_idempotency(&self, claim: IdempotencyClaim) -> Result<(), StoreError> {
        self.run(move |connection| {
            diesel::delete(dsl::idempotency_keys)
                .filter(dsl::provider.eq(&claim.provider))
                .filter(dsl::application_id.eq(&claim.application))
                .filter(dsl::key.eq(&claim.key))
                .filter(dsl::token.eq(claim.token.to_string()))
                .filter(dsl::reply.is_null())
                .execute(connection)?;
            Ok(())
        })
        .await
    }
}

/// Whether a claim is still ours, its request unanswered.
pub(crate) fn is_held(
    connection: &mut AnyConnection,
    claim: &IdempotencyClaim,
) -> QueryResult<bool> {
    let held = dsl::idempotency_keys
        .find((&claim.provider, &claim.application, &claim.key))
        .filter(dsl::token.eq(claim.token.to_string()))
        .filter(dsl::reply.is_null())
        .select(dsl::token)
        .first::<String>(connection);
    Ok(held.optional()?.is_some())
}

/// Stores the reply; false if the claim is no longer ours.
pub(crate) fn finish(
    connection: &mut AnyConnection,
    claim: &IdempotencyClaim,
    reply: &Reply,
) -> QueryResult<bool> {
    let text = text(reply)?;
    let finished = diesel::update(dsl::idempotency_keys)
        .filter(dsl::provider.eq(&claim.provider))
        .filter(dsl::application_id.eq(&claim.application))
        .filter(dsl::key.eq(&claim.key))
        .filter(dsl::token.eq(claim.token.to_string()))
        .filter(dsl::reply.is_null())
        .set(dsl::reply.eq(Some(text)))
        .execute(connection)?;
    Ok(finished == 1)
}

/// A reply as it is stored.
pub(crate) fn text(reply: &Reply) -> QueryResult<String> {
    serde_json::to_string(reply)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))
}

fn held_by_another(
    connection: &mut AnyConnection,
    claim: &IdempotencyClaim,
    fingerprint: &str,
) -> Result<ClaimOutcome, StoreError> {
    let held: Option<(String, Option<String>)> = dsl::idempotency_keys
        .find((&claim.provider, &claim.application, &claim.key))
        .select((dsl::fingerprint, dsl::reply))
        .first(connection)
        .optional()?;
    match held {
        // Released between the two statements: the other request is over, the next try will get the key.
        None => Ok(ClaimOutcome::InProgress),
        Some((theirs, _)) if theirs != fingerprint => Ok(ClaimOutcome::Mismatch),
        Some((_, None)) => Ok(ClaimOutcome::InProgress),
        Some((_, Some(reply))) => serde_json::from_str(&reply)
            .map(ClaimOutcome::Replay)
            .map_err(|error| StoreError::unreadable("a stored reply", error)),
    }
}
