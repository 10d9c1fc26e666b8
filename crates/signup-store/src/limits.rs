//! Counting in the database, so that a limit holds for all processes together.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use signup_core::code::{Limit, LimitMode, LimitScope};
use signup_core::time::Timestamp;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::schema::usage_windows::dsl;
use crate::store::Store;

/// A limit that is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// The limit's key, as the caller named it.
    pub key: String,
    /// Whose limit it is.
    pub scope: LimitScope,
    /// When to try again.
    pub retry_after: Duration,
}

impl Store {
    /// How much of a limit is used at `now`. While limits are observed only, this can be more than is allowed.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn find_usage(&self, limit: &Limit, now: Timestamp) -> Result<u64, StoreError> {
        let limit = limit.clone();
        self.run(move |connection| {
            let window: Option<(i64, i64)> = dsl::usage_windows
                .find(&limit.key)
                .select((dsl::opened_at, dsl::used))
                .first(connection)
                .optional()?;
            let open = window.filter(|(opened_at, _)| ends(*opened_at, &limit) > now);
            Ok(open.map_or(0, |(_, used)| u64::try_from(used).unwrap_or_default()))
        })
        .await
    }
}

/// Counts one use against each limit. When one of them is used up, says which, and then either nothing must be written
/// ([`LimitMode::Enforce`]: the caller rolls back), or the use counts against that limit alone
/// ([`LimitMode::Observe`]): the others are left as they would be had it been refused, so that what is observed is
/// exactly what would be enforced.
pub(crate) fn take_all(
    connection: &mut AnyConnection,
    limits: &[Limit],
    mode: LimitMode,
    now: Timestamp,
) -> QueryResult<Result<(), Exhausted>> {
    for (index, limit) in limits.iter().enumerate() {
        let Err(exhausted) = take(connection, limit, now)? else {
            continue;
        };
        if mode == LimitMode::Observe {
            for taken in &limits[..index] {
                add(connection, &taken.key, -1)?;
            }
            add(connection, &limit.key, 1)?;
        }
        return Ok(Err(exhausted));
    }
    Ok(Ok(()))
}

/// Counts one use. A window opens with the first use and closes after the limit's duration; a refused use does not
/// count. Limits of several applications can share a key: each looks at the window with its own duration and its own
/// number. Both databases number the placeholders of this statement by their first appearance.
fn take(
    connection: &mut AnyConnection,
    limit: &Limit,
    now: Timestamp,
) -> QueryResult<Result<(), Exhausted>> {
    let exhausted = |retry_after| Exhausted {
        key: limit.key.clone(),
        scope: limit.scope.clone(),
        retry_after,
    };
    if limit.allowed == 0 {
        return Ok(Err(exhausted(limit.window)));
    }
    // A window whose only use was given back is as good as closed.
    const CLOSED: &str =
        "usage_windows.used = 0 OR usage_windows.opened_at <= excluded.opened_at - $4";
    let counted = diesel::sql_query(format!(
        "INSERT INTO usage_windows (key, opened_at, closes_at, used) VALUES ($1, $2, $3, 1) \
         ON CONFLICT (key) DO UPDATE SET \
           used = CASE WHEN {CLOSED} THEN 1 ELSE usage_windows.used + 1 END, \
           opened_at = CASE WHEN {CLOSED} THEN excluded.opened_at ELSE usage_windows.opened_at END, \
           closes_at = CASE WHEN {CLOSED} THEN excluded.closes_at ELSE usage_windows.closes_at END \
         WHERE {CLOSED} OR usage_windows.used < $5"
    ))
    .bind::<Text, _>(&limit.key)
    .bind::<BigInt, _>(now.as_millis())
    .bind::<BigInt, _>(now.after(limit.window).as_millis())
    .bind::<BigInt, _>(i64::try_from(limit.window.as_millis()).unwrap_or(i64::MAX))
    .bind::<BigInt, _>(i64::from(limit.allowed))
    .execute(connection)?;
    if counted == 1 {
        return Ok(Ok(()));
    }
    let opened_at: Option<i64> = dsl::usage_windows
        .find(&limit.key)
        .select(dsl::opened_at)
        .first(connection)
        .optional()?;
    let end = opened_at.map_or(now.after(limit.window), |opened_at| ends(opened_at, limit));
    Ok(Err(exhausted(end.since(now))))
}

fn ends(opened_at: i64, limit: &Limit) -> Timestamp {
    Timestamp::from_millis(opened_at).after(limit.window)
}

/// Counts uses, or gives them back, in a window that is there.
fn add(connection: &mut AnyConnection, key: &str, uses: i64) -> QueryResult<()> {
    diesel::update(dsl::usage_windows.find(key))
        .set(dsl::used.eq(dsl::used + uses))
        .execute(connection)
        .map(drop)
}
