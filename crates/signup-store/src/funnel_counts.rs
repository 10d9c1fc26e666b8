//! How many people came how far, counted in spans of ten minutes.
//!
//! What is read depends on the time and the places that are asked for, not on how many signed up.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use signup_core::code::Channel;
use signup_core::funnel::{Counts, Stage};
use signup_core::time::Timestamp;

use crate::arrays::{OverArrays, Statement, big_integers, text};
use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::store::Store;

/// How finely is counted.
const SPAN_MILLIS: i64 = 10 * 60 * 1000;

/// Where people are counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunnelPlace {
    start: i64,
    provider: String,
    application: String,
    channel: &'static str,
    country: String,
}

impl FunnelPlace {
    /// What happens at `time` in an application: with a code by a channel to an address in a country (its calling code), or
    /// without a code.
    pub fn at(
        time: Timestamp,
        provider: &str,
        application: &str,
        channel: Option<Channel>,
        country: Option<&str>,
    ) -> Self {
        Self {
            start: beginning(time, SPAN_MILLIS),
            provider: provider.to_owned(),
            application: application.to_owned(),
            channel: channel.map_or("", Channel::as_str),
            country: country.unwrap_or_default().to_owned(),
        }
    }
}

/// Which counts are meant.
#[derive(Clone, Debug)]
pub struct FunnelFilter {
    /// From the span of this time on.
    pub since: Timestamp,
    /// Before this time.
    pub until: Timestamp,
    /// Counts are added up over so many milliseconds, a multiple of ten minutes.
    pub width: i64,
    /// Only of this application: provider and id.
    pub application: Option<(String, String)>,
    /// Only of this channel.
    pub channel: Option<Channel>,
    /// Only of this calling code.
    pub country: Option<String>,
    /// What is counted apart from each other.
    pub by: FunnelGroup,
}

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunnelGroup {
    /// Nothing: all together.
    Everything,
    /// Each application.
    Application,
    /// Each channel.
    Channel,
    /// Each country.
    Country,
}

impl FunnelGroup {
    const fn expression(self) -> &'static str {
        match self {
            Self::Everything => "''",
            Self::Application => "provider || '/' || application_id",
            Self::Channel => "channel",
            Self::Country => "country",
        }
    }
}

/// The counts of one span and group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelRow {
    /// The beginning of the span.
    pub start: Timestamp,
    /// Which group: `PROVIDER/ID`, a channel or a calling code; empty for what has none.
    pub group: String,
    /// How many.
    pub counts: Counts,
}

macro_rules! upsert {
    ($rows:literal) => {
        concat!(
            "INSERT INTO funnel_counts (start, provider, application_id, channel, country, ",
            "requested, sent, verified, created) ",
            $rows,
            " ON CONFLICT (start, provider, application_id, channel, country) DO UPDATE SET ",
            "requested = funnel_counts.requested + excluded.requested, ",
            "sent = funnel_counts.sent + excluded.sent, ",
            "verified = funnel_counts.verified + excluded.verified, ",
            "created = funnel_counts.created + excluded.created"
        )
    };
}

struct AddAll;

impl Statement for AddAll {
    const SQL: &'static str = upsert!("SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    type Row = ();
}

const ADD_ONE: &str = upsert!("VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");

impl Store {
    /// Adds to what was counted.
    ///
    /// # Errors
    /// The database is unavailable; then nothing was added.
    pub async fn count_funnel(
        &self,
        counts: Vec<(FunnelPlace, Stage, u64)>,
    ) -> Result<(), StoreError> {
        // One order for everybody, so that two processes that count the same cannot block one another.
        let mut rows: BTreeMap<FunnelPlace, [i64; 4]> = BTreeMap::new();
        for (place, stage, count) in counts {
            let row = rows.entry(place).or_default();
            row[stage as usize] += i64::try_from(count).unwrap_or(i64::MAX);
        }
        if rows.is_empty() {
            return Ok(());
        }
        self.transaction(move |connection| {
            match connection {
                AnyConnection::Postgres(connection) => {
                    let of = |stage: Stage| {
                        big_integers(rows.values().map(move |row| row[stage as usize]))
                    };
                    let columns = vec![
                        big_integers(rows.keys().map(|place| place.start)),
                        text(rows.keys().map(|place| place.provider.as_str())),
                        text(rows.keys().map(|place| place.application.as_str())),
                        text(rows.keys().map(|place| place.channel)),
                        text(rows.keys().map(|place| place.country.as_str())),
                        of(Stage::Requested),
                        of(Stage::Sent),
                        of(Stage::Verified),
                        of(Stage::Created),
                    ];
                    OverArrays::<AddAll>::new(columns).execute(connection)?;
                }
                AnyConnection::Sqlite(connection) => {
                    for (place, [requested, sent, verified, created]) in &rows {
                        diesel::sql_query(ADD_ONE)
                            .bind::<BigInt, _>(place.start)
                            .bind::<Text, _>(&place.provider)
                            .bind::<Text, _>(&place.application)
                            .bind::<Text, _>(place.channel)
                            .bind::<Text, _>(&place.country)
                            .bind::<BigInt, _>(requested)
                            .bind::<BigInt, _>(sent)
                            .bind::<BigInt, _>(verified)
                            .bind::<BigInt, _>(created)
                            .execute(connection)?;
                    }
                }
            }
            Ok(())
        })
        .await
    }

    /// What was counted, span by span, the oldest first. Spans in which nothing happened are left out.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn funnel(&self, filter: &FunnelFilter) -> Result<Vec<FunnelRow>, StoreError> {
        let filter = filter.clone();
        self.run(move |connection| {
            let rows: Vec<CountRow> = diesel::sql_query(statement(filter.by))
                .bind::<BigInt, _>(filter.width.max(SPAN_MILLIS))
                .bind::<BigInt, _>(beginning(filter.since, SPAN_MILLIS))
                .bind::<BigInt, _>(filter.until.as_millis())
                .bind::<Text, _>(
                    filter
                        .application
                        .as_ref()
                        .map_or("", |(provider, _)| provider),
                )
                .bind::<Text, _>(filter.application.as_ref().map_or("", |(_, id)| id))
                .bind::<Text, _>(filter.channel.map_or("", Channel::as_str))
                .bind::<Text, _>(filter.country.as_deref().unwrap_or_default())
                .load(connection)?;
            Ok(rows.into_iter().map(FunnelRow::from).collect())
        })
        .await
    }
}

/// One walk along the primary key from the first span to the last. The sums are cast because PostgreSQL makes decimal
/// numbers of them.
fn statement(by: FunnelGroup) -> String {
    let sum = |what: &str| format!("CAST(SUM({what}) AS BIGINT)");
    let (with, without) = (
        sum("CASE WHEN channel <> '' THEN created ELSE 0 END"),
        sum("CASE WHEN channel = '' THEN created ELSE 0 END"),
    );
    format!(
        "SELECT start - start % $1 AS span, {by} AS part, {requested} AS requested, {sent} AS sent, \
           {verified} AS verified, {with} AS created, {without} AS without_code \
         FROM funnel_counts WHERE start >= $2 AND start < $3 \
           AND ($4 = '' OR (provider = $4 AND application_id = $5)) \
           AND ($6 = '' OR channel = $6) AND ($7 = '' OR country = $7) \
         GROUP BY 1, 2 ORDER BY 1, 2",
        by = by.expression(),
        requested = sum("requested"),
        sent = sum("sent"),
        verified = sum("verified"),
    )
}

fn beginning(time: Timestamp, width: i64) -> i64 {
    time.as_millis() - time.as_millis().rem_euclid(width)
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    span: i64,
    #[diesel(sql_type = Text)]
    part: String,
    #[diesel(sql_type = BigInt)]
    requested: i64,
    #[diesel(sql_type = BigInt)]
    sent: i64,
    #[diesel(sql_type = BigInt)]
    verified: i64,
    #[diesel(sql_type = BigInt)]
    created: i64,
    #[diesel(sql_type = BigInt)]
    without_code: i64,
}

impl From<CountRow> for FunnelRow {
    fn from(row: CountRow) -> Self {
        let number = |count: i64| u64::try_from(count).unwrap_or_default();
        Self {
            start: Timestamp::from_millis(row.span),
            group: row.part,
            counts: Counts {
                requested: number(row.requested),
                sent: number(row.sent),
                verified: number(row.verified),
                created: number(row.created),
                without_code: number(row.without_code),
            },
        }
    }
}
