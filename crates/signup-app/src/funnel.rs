//! The sign-up funnel over time: read, put together, and drops marked.

use std::collections::BTreeMap;
use std::time::Duration;

use signup_core::code::Channel;
use signup_core::funnel::{Counts, Step, drops};
use signup_core::time::Timestamp;
use signup_store::{FunnelFilter, FunnelGroup, Store, StoreError};

/// Furthest back that is looked; counts are kept so long.
pub const LONGEST: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// A span is judged when codes asked for in it have come to their end. Codes live for ten minutes at the most.
const JUDGED_AFTER: Duration = Duration::from_secs(10 * 60);

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Which part of the funnel is asked for.
#[derive(Clone, Debug)]
pub struct FunnelQuestion {
    /// From then on, [`LONGEST`] ago at the most.
    pub since: Timestamp,
    /// Until then.
    pub until: Timestamp,
    /// Only of this application: provider and id.
    pub application: Option<(String, String)>,
    /// Only of codes by this channel.
    pub channel: Option<Channel>,
    /// Only of numbers with this calling code, without the plus sign.
    pub country: Option<String>,
    /// What is told apart.
    pub by: FunnelGroup,
}

/// The answer: time lines of equal spans.
#[derive(Clone, Debug)]
pub struct Funnel {
    /// How long each span is.
    pub width: Duration,
    /// One for each group that something is known of, those with the most codes first.
    pub lines: Vec<FunnelLine>,
}

/// One group's time line.
#[derive(Clone, Debug)]
pub struct FunnelLine {
    /// `PROVIDER/ID`, a channel or a calling code; empty for all together, and for what has none.
    pub group: String,
    /// The spans, the oldest first, also those in which nothing happened.
    pub spans: Vec<FunnelSpan>,
    /// All spans together.
    pub total: Counts,
}

/// What happened in one span of time.
#[derive(Clone, Debug)]
pub struct FunnelSpan {
    /// Its beginning.
    pub start: Timestamp,
    /// How many came how far.
    pub counts: Counts,
    /// Steps that clearly fewer took than before. What is not over yet is not judged.
    pub drops: Vec<Step>,
}

/// How long a span is when so long a time is looked at: at most some 170 spans.
fn width_for(time: Duration) -> Duration {
    let time = time.as_secs();
    Duration::from_secs(if time <= 4 * HOUR {
        10 * MINUTE
    } else if time <= 7 * DAY {
        HOUR
    } else {
        DAY
    })
}

/// Reads the funnel. What it costs depends on how many applications, channels and countries there were in that time, and
/// not on how many people.
///
/// # Errors
/// The database is unavailable.
pub async fn read(store: &Store, question: &FunnelQuestion) -> Result<Funnel, StoreError> {
    let until = question.until;
    let since = question.since.max(until.before(LONGEST)).min(until);
    let width = width_for(until.since(since));
    let millis = i64::try_from(width.as_millis()).unwrap_or(i64::MAX);
    let first = since.as_millis() - since.as_millis().rem_euclid(millis);
    let filter = FunnelFilter {
        since: Timestamp::from_millis(first),
        until,
        width: millis,
        application: question.application.clone(),
        channel: question.channel,
        country: question.country.clone(),
        by: question.by,
    };
    let mut groups: BTreeMap<String, BTreeMap<i64, Counts>> = BTreeMap::new();
    if question.by == FunnelGroup::Everything {
        groups.entry(String::new()).or_default();
    }
    for row in store.funnel(&filter).await? {
        let spans = groups.entry(row.group).or_default();
        *spans.entry(row.start.as_millis()).or_default() += row.counts;
    }
    let starts: Vec<i64> = std::iter::successors(Some(first), |start| Some(start + millis))
        .take_while(|start| *start < until.as_millis())
        .collect();
    let mut lines: Vec<_> = groups
        .into_iter()
        .map(|(group, counts)| line(group, &starts, &counts, until, width))
        .collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.total.requested));
    Ok(Funnel { width, lines })
}

fn line(
    group: String,
    starts: &[i64],
    counts: &BTreeMap<i64, Counts>,
    until: Timestamp,
    width: Duration,
) -> FunnelLine {
    let of = |start: &i64| counts.get(start).copied().unwrap_or_default();
    let all: Vec<Counts> = starts.iter().map(of).collect();
    let mut total = Counts::default();
    all.iter().for_each(|counts| total += *counts);
    let judged = starts.iter().filter(|start| {
        let start = Timestamp::from_millis(**start);
        start.after(width).after(JUDGED_AFTER) <= until
    });
    let mut marks = drops(&all[..judged.count()]).into_iter();
    let spans = starts.iter().zip(&all).map(|(start, counts)| FunnelSpan {
        start: Timestamp::from_millis(*start),
        counts: *counts,
        drops: marks.next().unwrap_or_default(),
    });
    FunnelLine {
        group,
        spans: spans.collect(),
        total,
    }
}
