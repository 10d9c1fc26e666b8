//! Kept replies in which a person's id stands.

use std::collections::BTreeSet;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use signup_core::reply::Reply;
use signup_core::time::Timestamp;
use uuid::Uuid;

use super::steps::{STEP, Steps};
use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::events::time_of;
use crate::find_users::UserRecord;
use crate::schema::idempotency_keys::dsl;

/// Nowhere are replies kept longer (`idempotency.retention`).
const REPLIES_KEPT: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// A reply that is kept for a repeated request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptReply {
    /// The caller's idempotency key.
    pub key: String,
    /// The reply.
    pub reply: Reply,
    /// Until when it is kept.
    pub expires_at: Timestamp,
}

/// Looks at the next replies of the user's application. Which one is the user's, only its text tells; it was written
/// together with the user, so none comes later.
pub(super) fn read_on(
    replies: &mut Steps,
    connection: &mut AnyConnection,
    user: &UserRecord,
) -> Result<bool, StoreError> {
    let Ok(id) = Uuid::parse_str(&user.id) else {
        return Ok(false);
    };
    let position = match connection {
        AnyConnection::Postgres(_) => "strpos",
        AnyConnection::Sqlite(_) => "instr",
    };
    let written = time_of(id);
    let rows = diesel::sql_query(format!(
        "WITH step AS MATERIALIZED (SELECT key, COALESCE({position}(reply, $1) > 0, (0 = 1)) AS is_found \
           FROM idempotency_keys WHERE provider = $2 AND application_id = $3 AND key > $4 \
             AND expires_at >= $5 AND expires_at <= $6 ORDER BY key LIMIT {STEP}) \
         SELECT key, is_found FROM step WHERE is_found \
         UNION ALL SELECT max(key), (0 = 1) FROM step"
    ))
    .bind::<Text, _>(&user.public_id)
    .bind::<Text, _>(&user.provider)
    .bind::<Text, _>(&user.application)
    .bind::<Text, _>(&replies.after)
    .bind::<BigInt, _>(written.as_millis())
    .bind::<BigInt, _>(written.after(REPLIES_KEPT).as_millis())
    .load(connection)?;
    Ok(replies.take(rows))
}

/// Those of these keys' replies that still are the user's: a key that has ended may be taken anew.
pub(super) fn of_keys(
    connection: &mut AnyConnection,
    user: &UserRecord,
    keys: &BTreeSet<String>,
) -> Result<Vec<KeptReply>, StoreError> {
    let rows: Vec<(String, Option<String>, i64)> = dsl::idempotency_keys
        .filter(dsl::provider.eq(&user.provider))
        .filter(dsl::application_id.eq(&user.application))
        .filter(dsl::key.eq_any(keys))
        .order(dsl::key)
        .select((dsl::key, dsl::reply, dsl::expires_at))
        .load(connection)?;
    let kept = rows.into_iter().filter_map(|(key, reply, expires_at)| {
        let reply = reply.filter(|reply| reply.contains(&user.public_id))?;
        Some((key, reply, expires_at))
    });
    kept.map(|(key, reply, expires_at)| {
        let reply = serde_json::from_str(&reply)
            .map_err(|error| StoreError::unreadable("a stored reply", error))?;
        Ok(KeptReply {
            key,
            reply,
            expires_at: Timestamp::from_millis(expires_at),
        })
    })
    .collect()
}
