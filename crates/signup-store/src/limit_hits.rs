//! What limits have refused, or would have refused, by the hour.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use signup_core::code::{Channel, LimitMode};
use signup_core::time::Timestamp;

use crate::error::StoreError;
use crate::schema::limit_hits::dsl;
use crate::store::Store;

/// How finely hits are counted.
const HOUR_MILLIS: i64 = 60 * 60 * 1000;

/// What was beyond which limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LimitHit {
    /// The full hour in which it happened, milliseconds since the epoch.
    hour: i64,
    /// The provider of the application.
    pub provider: String,
    /// The application that asked.
    pub application: String,
    /// The limit's scope, by [`LimitScope::as_str`](signup_core::code::LimitScope::as_str).
    pub scope: String,
    /// How the code was to be sent.
    pub channel: Channel,
    /// The entry of the country budgets, for that scope.
    pub country: Option<String>,
    /// Whether it was refused, or let through.
    pub mode: LimitMode,
}

impl LimitHit {
    /// A hit at `time`. Hits of one hour are counted together.
    pub fn at(
        time: Timestamp,
        provider: &str,
        application: &str,
        scope: &str,
        channel: Channel,
        country: Option<&str>,
        mode: LimitMode,
    ) -> Self {
        Self {
            hour: time.as_millis() - time.as_millis().rem_euclid(HOUR_MILLIS),
            provider: provider.to_owned(),
            application: application.to_owned(),
            scope: scope.to_owned(),
            channel,
            country: country.map(str::to_owned),
            mode,
        }
    }

    fn key(&self) -> impl Ord + use<'_> {
        let country = self.country.as_deref().unwrap_or_default();
        let (channel, mode) = (self.channel.as_str(), self.mode.as_str());
        let (provider, application) = (&self.provider, &self.application);
        (
            self.hour,
            provider,
            application,
            &self.scope,
            channel,
            country,
            mode,
        )
    }

    /// The beginning of the hour in which it happened.
    pub fn hour(&self) -> Timestamp {
        Timestamp::from_millis(self.hour)
    }
}

impl Store {
    /// Adds to what was counted.
    ///
    /// # Errors
    /// The database is unavailable; then nothing was added.
    pub async fn count_limit_hits(&self, mut hits: Vec<(LimitHit, u64)>) -> Result<(), StoreError> {
        // One order for everybody, so that two processes that count the same cannot block one another.
        hits.sort_by(|(one, _), (other, _)| one.key().cmp(&other.key()));
        self.transaction(move |connection| {
            for (hit, count) in &hits {
                diesel::sql_query(
                    "INSERT INTO limit_hits \
                       (hour, provider, application_id, scope, channel, country, mode, hits) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                     ON CONFLICT (hour, provider, application_id, scope, channel, country, mode) \
                     DO UPDATE SET hits = limit_hits.hits + excluded.hits",
                )
                .bind::<BigInt, _>(hit.hour)
                .bind::<Text, _>(&hit.provider)
                .bind::<Text, _>(&hit.application)
                .bind::<Text, _>(&hit.scope)
                .bind::<Text, _>(hit.channel.as_str())
                .bind::<Text, _>(hit.country.as_deref().unwrap_or_default())
                .bind::<Text, _>(hit.mode.as_str())
                .bind::<BigInt, _>(i64::try_from(*count).unwrap_or(i64::MAX))
                .execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    /// What was counted from the hour of `since` on, the oldest first.
    ///
    /// # Errors
    /// The database is unavailable, or holds what this version cannot read.
    pub async fn limit_hits(&self, since: Timestamp) -> Result<Vec<(LimitHit, u64)>, StoreError> {
        self.run(move |connection| {
            let since = since.as_millis() - HOUR_MILLIS;
            let rows: Vec<HitRow> = dsl::limit_hits
                .filter(dsl::hour.gt(since))
                .order((dsl::hour, dsl::provider, dsl::application_id, dsl::scope))
                .load(connection)?;
            rows.into_iter().map(HitRow::read).collect()
        })
        .await
    }
}

#[derive(Queryable)]
struct HitRow {
    hour: i64,
    provider: String,
    application: String,
    scope: String,
    channel: String,
    country: String,
    mode: String,
    hits: i64,
}

impl HitRow {
    fn read(self) -> Result<(LimitHit, u64), StoreError> {
        let unreadable = |what: &str| StoreError::unreadable("a row of limit_hits", what);
        let hit = LimitHit {
            hour: self.hour,
            provider: self.provider,
            application: self.application,
            scope: self.scope,
            channel: Channel::from_name(&self.channel)
                .ok_or_else(|| unreadable("unknown channel"))?,
            country: Some(self.country).filter(|country| !country.is_empty()),
            mode: LimitMode::from_name(&self.mode).ok_or_else(|| unreadable("unknown mode"))?,
        };
        Ok((hit, u64::try_from(self.hits).unwrap_or_default()))
    }
}
