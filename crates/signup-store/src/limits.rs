//! Counting in the database, so that a limit holds for all processes together.
//!
//! The windows of a batch are locked first, all of them; then the requests are counted in memory, one after the other;
//! then what has changed is written.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{self, BigInt};
use signup_core::code::{Limit, LimitMode, LimitScope};
use signup_core::time::Timestamp;

use crate::arrays::{OverArrays, Statement, big_integers, text};
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

    /// Counts one use against each limit at `now`, unless one of them is used up: then nothing is counted, and the answer
    /// says which.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn take_limits(
        &self,
        limits: Vec<Limit>,
        now: Timestamp,
    ) -> Result<Result<(), Exhausted>, StoreError> {
        self.transaction(move |connection| {
            let timed = limits.iter().map(|limit| (limit, now));
            let mut windows = Windows::lock(connection, timed)?;
            let taken = windows.take_all(&limits, LimitMode::Enforce, now);
            windows.store(connection)?;
            Ok(taken)
        })
        .await
    }

    /// Gives back what [`Store::take_limits`] has counted.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn give_back_limits(&self, limits: Vec<Limit>) -> Result<(), StoreError> {
        self.run(move |connection| {
            for limit in limits {
                diesel::update(dsl::usage_windows.find(limit.key))
                    .filter(dsl::used.gt(0))
                    .set(dsl::used.eq(dsl::used - 1))
                    .execute(connection)?;
            }
            Ok(())
        })
        .await
    }
}

/// The windows that some requests count in. Nobody else changes them until the transaction ends.
pub(crate) struct Windows(BTreeMap<String, Window>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    opened_at: i64,
    closes_at: i64,
    used: i64,
    /// Whether it is different from what the database has.
    is_changed: bool,
}

impl Windows {
    /// Locks the windows of these limits, for requests made at the time beside each. A window that is not there yet is
    /// made, unused. One order for everybody, so that two processes cannot block one another.
    pub fn lock<'a>(
        connection: &mut AnyConnection,
        limits: impl Iterator<Item = (&'a Limit, Timestamp)>,
    ) -> QueryResult<Self> {
        let mut unused = BTreeMap::new();
        for (limit, now) in limits.filter(|(limit, _)| limit.allowed > 0) {
            unused
                .entry(limit.key.clone())
                .or_insert_with(|| Window::opened(now, limit, 0));
        }
        let rows = upsert::<LockWindows>(connection, &unused)?;
        let windows = rows.into_iter().map(|row| {
            let window = Window {
                opened_at: row.opened_at,
                closes_at: row.closes_at,
                used: row.used,
                is_changed: false,
            };
            (row.key, window)
        });
        Ok(Self(windows.collect()))
    }

    /// Counts one use against each limit. When one of them is used up, says which, and then either nothing is counted
    /// ([`LimitMode::Enforce`]), or the use counts against that limit alone ([`LimitMode::Observe`]): the others are left
    /// as they would be had it been refused, so that what is observed is exactly what would be enforced.
    pub fn take_all(
        &mut self,
        limits: &[Limit],
        mode: LimitMode,
        now: Timestamp,
    ) -> Result<(), Exhausted> {
        for (index, limit) in limits.iter().enumerate() {
            let Err(exhausted) = self.take(limit, now) else {
                continue;
            };
            for taken in &limits[..index] {
                self.add(&taken.key, -1);
            }
            if mode == LimitMode::Observe {
                self.add(&limit.key, 1);
            }
            return Err(exhausted);
        }
        Ok(())
    }

    /// Writes what was counted.
    pub fn store(mut self, connection: &mut AnyConnection) -> QueryResult<()> {
        self.0.retain(|_, window| window.is_changed);
        upsert::<StoreWindows>(connection, &self.0).map(drop)
    }

    /// Counts one use. A window opens with the first use and closes after the limit's duration; a refused use does not
    /// count. Limits of several applications can share a key: each looks at the window with its own duration and its own
    /// number.
    fn take(&mut self, limit: &Limit, now: Timestamp) -> Result<(), Exhausted> {
        let exhausted = |retry_after| Exhausted {
            key: limit.key.clone(),
            scope: limit.scope.clone(),
            retry_after,
        };
        let Some(window) = self.0.get_mut(&limit.key).filter(|_| limit.allowed > 0) else {
            return Err(exhausted(limit.window));
        };
        let end = ends(window.opened_at, limit);
        // A window whose only use was given back is as good as closed.
        if window.used == 0 || end <= now {
            *window = Window::opened(now, limit, 1);
        } else if window.used < i64::from(limit.allowed) {
            window.used += 1;
            window.is_changed = true;
        } else {
            return Err(exhausted(end.since(now)));
        }
        Ok(())
    }

    /// Counts uses, or gives them back, in a window that is there.
    fn add(&mut self, key: &str, uses: i64) {
        if let Some(window) = self.0.get_mut(key) {
            window.used += uses;
            window.is_changed = true;
        }
    }
}

macro_rules! upsert {
    ($rows:literal, $present:literal) => {
        concat!(
            "INSERT INTO usage_windows (key, opened_at, closes_at, used) ",
            $rows,
            " ON CONFLICT (key) DO UPDATE SET ",
            $present,
            " RETURNING key, opened_at, closes_at, used"
        )
    };
}

/// Puts windows into the table, one way or another for those that are there already, and answers what it holds then.
trait Upsert: Statement<Row = (sql_types::Text, BigInt, BigInt, BigInt)> {
    /// The statement for one window, on SQLite.
    const ONE: &'static str;
}

/// Leaves those that are there as they are. Setting a column to itself is what locks the row.
struct LockWindows;

impl Statement for LockWindows {
    const SQL: &'static str = upsert!(
        "SELECT * FROM unnest(?, ?, ?, ?)",
        "used = usage_windows.used"
    );
    type Row = (sql_types::Text, BigInt, BigInt, BigInt);
}

impl Upsert for LockWindows {
    const ONE: &'static str = upsert!("VALUES ($1, $2, $3, $4)", "used = usage_windows.used");
}

/// Replaces those that are there.
struct StoreWindows;

impl Statement for StoreWindows {
    const SQL: &'static str = upsert!(
        "SELECT * FROM unnest(?, ?, ?, ?)",
        "opened_at = excluded.opened_at, closes_at = excluded.closes_at, used = excluded.used"
    );
    type Row = (sql_types::Text, BigInt, BigInt, BigInt);
}

impl Upsert for StoreWindows {
    const ONE: &'static str = upsert!(
        "VALUES ($1, $2, $3, $4)",
        "opened_at = excluded.opened_at, closes_at = excluded.closes_at, used = excluded.used"
    );
}

fn upsert<S: Upsert + 'static>(
    connection: &mut AnyConnection,
    windows: &BTreeMap<String, Window>,
) -> QueryResult<Vec<WindowRow>> {
    if windows.is_empty() {
        return Ok(Vec::new());
    }
    match connection {
        AnyConnection::Postgres(connection) => OverArrays::<S>::new(vec![
            text(windows.keys().map(String::as_str)),
            big_integers(windows.values().map(|window| window.opened_at)),
            big_integers(windows.values().map(|window| window.closes_at)),
            big_integers(windows.values().map(|window| window.used)),
        ])
        .load(connection),
        AnyConnection::Sqlite(connection) => windows
            .iter()
            .map(|(key, window)| {
                diesel::sql_query(S::ONE)
                    .bind::<sql_types::Text, _>(key)
                    .bind::<BigInt, _>(window.opened_at)
                    .bind::<BigInt, _>(window.closes_at)
                    .bind::<BigInt, _>(window.used)
                    .get_result(connection)
            })
            .collect(),
    }
}

#[derive(Queryable, QueryableByName)]
struct WindowRow {
    #[diesel(sql_type = sql_types::Text)]
    key: String,
    #[diesel(sql_type = BigInt)]
    opened_at: i64,
    #[diesel(sql_type = BigInt)]
    closes_at: i64,
    #[diesel(sql_type = BigInt)]
    used: i64,
}

impl Window {
    fn opened(now: Timestamp, limit: &Limit, used: i64) -> Self {
        Self {
            opened_at: now.as_millis(),
            closes_at: now.after(limit.window).as_millis(),
            used,
            is_changed: true,
        }
    }
}

fn ends(opened_at: i64, limit: &Limit) -> Timestamp {
    Timestamp::from_millis(opened_at).after(limit.window)
}
