//! Counting in the database, so that a limit holds for all processes together.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use signup_core::code::Limit;
use signup_core::time::Timestamp;

use crate::connection::AnyConnection;
use crate::schema::usage_windows::dsl;

/// A limit that is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// The limit's key, as the caller named it.
    pub key: String,
    /// When to try again.
    pub retry_after: Duration,
}

/// Counts one use. A window opens with the first use and closes after the limit's duration; a refused use does not
/// count. Both databases number the placeholders of this statement by their first appearance.
pub(crate) fn take(
    connection: &mut AnyConnection,
    limit: &Limit,
    now: Timestamp,
) -> QueryResult<Result<(), Exhausted>> {
    let counted = diesel::sql_query(
        "INSERT INTO usage_windows (key, opened_at, closes_at, used) VALUES ($1, $2, $3, 1) \
         ON CONFLICT (key) DO UPDATE SET \
           used = CASE WHEN usage_windows.closes_at <= excluded.opened_at THEN 1 ELSE usage_windows.used + 1 END, \
           opened_at = CASE WHEN usage_windows.closes_at <= excluded.opened_at \
             THEN excluded.opened_at ELSE usage_windows.opened_at END, \
           closes_at = CASE WHEN usage_windows.closes_at <= excluded.opened_at \
             THEN excluded.closes_at ELSE usage_windows.closes_at END \
         WHERE usage_windows.closes_at <= excluded.opened_at OR usage_windows.used < $4",
    )
    .bind::<Text, _>(&limit.key)
    .bind::<BigInt, _>(now.as_millis())
    .bind::<BigInt, _>(now.after(limit.window).as_millis())
    .bind::<BigInt, _>(i64::from(limit.allowed))
    .execute(connection)?;
    if counted == 1 {
        return Ok(Ok(()));
    }
    let closes_at: Option<i64> = dsl::usage_windows
        .find(&limit.key)
        .select(dsl::closes_at)
        .first(connection)
        .optional()?;
    let closes_at = closes_at.map_or(now.after(limit.window), Timestamp::from_millis);
    Ok(Err(Exhausted {
        key: limit.key.clone(),
        retry_after: closes_at.since(now),
    }))
}
