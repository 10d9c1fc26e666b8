//! A broker that is away for long: sign-ups must not notice, and what has waited must flow off quickly.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::client::{Client, Flow, ask_for_code, sign_up_by_name};
use crate::ground::Ground;
use crate::ledger::Fate;
use crate::load::identifier;
use crate::tables;

/// Numbers of these people; the rounds have those below.
const FIRST_NUMBER: usize = 10_000_000;

/// Of so many events one asks for a code, the others sign up by name.
const CODE_EVERY: usize = 5;

/// Load before and after the outage, unless the outage itself is shorter.
const CALM: Duration = Duration::from_secs(15);

/// Longest wait for the outbox to drain.
const DRAIN_LIMIT: Duration = Duration::from_secs(600);

/// The backlog must flow off at so many times the arrival rate.
const RATIO: f64 = 10.0;

/// The middle of the latencies may grow to so many times, and by so many milliseconds: noise on a small machine.
const NOISE: (f64, f64) = (2.0, 10.0);

/// Latency of sign-ups in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Latency {
    /// How many sign-ups.
    pub count: usize,
    /// The middle.
    pub p50: f64,
    /// All but one in a hundred were quicker.
    pub p99: f64,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Outage {
    /// How long the broker was away, its stop and its start included, in seconds.
    pub seconds: f64,
    /// Events that arrived per second: sign-ups by name and, one in five, requests for a code.
    pub arrivals_per_second: f64,
    /// Latency before.
    pub before: Latency,
    /// Latency while the broker was away. Its stop and its start, which take the processor for themselves on a small
    /// machine, are left out.
    pub during: Latency,
    /// Latency from its return on.
    pub after: Latency,
    /// Events that waited when the broker was back.
    pub backlog: usize,
    /// Seconds from the broker's return to the first published event.
    pub noticed_after: f64,
    /// Seconds from there until all that had waited was published.
    pub drained_in: f64,
    /// Events published per second meanwhile.
    pub drained_per_second: f64,
    /// How many times the arrival rate that is.
    pub ratio: f64,
}

impl Outage {
    /// What is wrong with it, in one sentence each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.ratio < RATIO {
            faults.push(format!(
                "the backlog drained at {:.1} times the arrival rate, not {RATIO}",
                self.ratio
            ));
        }
        let normal = self.before.p50.max(self.after.p50);
        let (times, more) = NOISE;
        if self.during.p50 > normal * times + more {
            faults.push(format!(
                "sign-ups took {:.1} ms while the broker was away, {normal:.1} ms otherwise (p50)",
                self.during.p50
            ));
        }
        faults
    }
}

/// Stops the broker for `length` under a constant load of `rate` events per second.
///
/// # Errors
/// The broker does not come back, or the database does not answer.
pub async fn run(
    ground: &Ground,
    client: &Client,
    length: Duration,
    rate: f64,
) -> anyhow::Result<Outage> {
    let samples: Arc<Mutex<Vec<(Instant, f64)>>> = Arc::default();
    let arrivals = tokio::spawn(arrive(client.clone(), rate, Arc::clone(&samples)));
    let calm = CALM.min(length.max(Duration::from_secs(5)));
    let begin = Instant::now();
    sleep(calm).await;

    eprintln!(
        "outage: the broker stops for {} s, {rate} events per second arrive",
        length.as_secs()
    );
    let stopping = (Instant::now(), unix_millis());
    ground.stop_broker().await?;
    let gone = Instant::now();
    sleep(length).await;
    let returning = Instant::now();
    ground.start_broker().await?;
    let back = (Instant::now(), unix_millis());

    wait_for_drain(ground, back.1).await?;
    sleep(calm).await;
    let end = Instant::now();
    arrivals.abort();

    let samples = samples
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let between = |from: Instant, to: Instant| {
        let within = samples.iter().filter(|(at, _)| (from..to).contains(at));
        latency(within.map(|(_, millis)| *millis).collect())
    };
    let url = ground.database.clone();
    let events = spawn_blocking(move || tables::read(&url)).await??.events;
    let meanwhile = || {
        let times = stopping.1..back.1;
        events
            .iter()
            .filter(move |event| times.contains(&event.time))
    };
    let waited: Vec<i64> = meanwhile()
        .filter_map(|event| event.published_at.filter(|at| *at >= back.1))
        .collect();
    let drain = Drain::of(&waited, back.1);
    let away = back.0.duration_since(stopping.0).as_secs_f64();
    let arrivals_per_second = meanwhile().count() as f64 / away;
    Ok(Outage {
        seconds: away,
        arrivals_per_second,
        before: between(begin, stopping.0),
        during: between(gone, returning),
        after: between(back.0, end),
        backlog: waited.len(),
        noticed_after: drain.noticed_after,
        drained_in: drain.seconds,
        drained_per_second: drain.per_second,
        ratio: drain.per_second / arrivals_per_second,
    })
}

/// How the backlog flowed off.
#[derive(Debug, PartialEq)]
struct Drain {
    noticed_after: f64,
    seconds: f64,
    per_second: f64,
}

impl Drain {
    /// From the times of publication. What was marked first took its time before that mark, so it is not counted: a
    /// lower bound, and worth nothing if one mark has nearly all. All events since the broker's return are another one.
    fn of(published: &[i64], back: i64) -> Self {
        let first = published.iter().min().copied().unwrap_or(back);
        let last = published.iter().max().copied().unwrap_or(back);
        let later = published.iter().filter(|at| **at > first).count();
        let seconds = (last - first) as f64 / 1_000.0;
        let per_second =
            |events: usize, millis: i64| events as f64 * 1_000.0 / millis.max(1) as f64;
        Self {
            noticed_after: (first - back) as f64 / 1_000.0,
            seconds,
            per_second: per_second(later, last - first)
                .max(per_second(published.len(), last - back)),
        }
    }
}

async fn wait_for_drain(ground: &Ground, back_ms: i64) -> anyhow::Result<()> {
    let end = Instant::now() + DRAIN_LIMIT;
    loop {
        let url = ground.database.clone();
        let waiting = spawn_blocking(move || tables::count_waiting_since(&url, back_ms)).await??;
        if waiting == 0 {
            return Ok(());
        }
        anyhow::ensure!(
            Instant::now() < end,
            "{waiting} events still wait {DRAIN_LIMIT:?} after the broker's return"
        );
        sleep(Duration::from_millis(100)).await;
    }
}

/// People arrive at a constant rate, however long the ones before them take.
async fn arrive(client: Client, rate: f64, samples: Arc<Mutex<Vec<(Instant, f64)>>>) {
    let mut clock = interval(Duration::from_secs_f64(1.0 / rate));
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = JoinSet::new();
    for number in FIRST_NUMBER.. {
        clock.tick().await;
        under_way.spawn(one(client.clone(), number, Arc::clone(&samples)));
        while under_way.try_join_next().is_some() {}
    }
}

async fn one(client: Client, number: usize, samples: Arc<Mutex<Vec<(Instant, f64)>>>) {
    if number.is_multiple_of(CODE_EVERY) {
        // Codes of 60 seconds and of 10 minutes: those that end meanwhile must not be sent.
        let flow = if number.is_multiple_of(2) {
            Flow::CiamMail
        } else {
            Flow::XduaMail
        };
        ask_for_code(&client, flow, &identifier(flow, number)).await;
        return;
    }
    let flow = if number.is_multiple_of(2) {
        Flow::CiamName
    } else {
        Flow::BytepowerName
    };
    let name = identifier(flow, number);
    let ledger = &client.services.ledger;
    let person = ledger.begin(flow, &name);
    let start = Instant::now();
    let fate = sign_up_by_name(&client, flow, &name, person).await;
    if matches!(fate, Fate::Accepted(_)) {
        let millis = start.elapsed().as_secs_f64() * 1_000.0;
        samples
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((start, millis));
    }
    ledger.settle(person, fate);
}

fn latency(mut millis: Vec<f64>) -> Latency {
    millis.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (millis.len() as f64 * share).ceil() as usize;
        millis
            .get(place.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    };
    Latency {
        count: millis.len(),
        p50: at(0.50),
        p99: at(0.99),
    }
}

fn unix_millis() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_from_the_sorted_samples() {
        let found = latency((1..=200).rev().map(f64::from).collect());
        assert_eq!((found.count, found.p50, found.p99), (200, 100.0, 198.0));
        assert_eq!(latency(Vec::new()).p99, 0.0);
    }

    #[test]
    fn the_drain_is_counted_from_the_first_mark() {
        // 100 events at once after a second, 200 more within half a second.
        let mut published = vec![2_000; 100];
        published.extend([2_250; 100]);
        published.extend([2_500; 100]);
        let expected = Drain {
            noticed_after: 1.0,
            seconds: 0.5,
            per_second: 400.0,
        };
        assert_eq!(Drain::of(&published, 1_000), expected);
    }

    #[test]
    fn a_drain_within_one_mark_is_counted_from_the_return() {
        let mut published = vec![1_500; 499];
        assert_eq!(Drain::of(&published, 1_000).per_second, 998.0);
        // A straggler does not make it slow.
        published.push(1_625);
        assert_eq!(Drain::of(&published, 1_000).per_second, 800.0);
    }
}
