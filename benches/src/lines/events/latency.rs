//! How long an event takes to a consumer.

use super::LATENCY_MS;
use super::ground::{Ground, QUEUE};
use crate::load::{Pace, Watch};
use crate::portal::Rush;
use crate::report::Measured;
use crate::series::Series;

/// So many that no request waits for one.
const CONNECTIONS: usize = 64;

/// Lets people sign up at a steady rate, and waits for the event of every one of them.
///
/// # Errors
/// Events are missing, or see [`crate::portal::Portal::rush`].
pub fn measure(ground: &mut Ground<'_>, rate: f64) -> anyhow::Result<Measured> {
    ground.clear()?;
    ground.attach()?;
    ground.portal.watch = Some(Watch {
        url: ground.broker.url()?,
        queue: QUEUE.to_owned(),
    });
    let options = ground.stand.options;
    let mut value = Series::default();
    let (mut early, mut latencies) = (0, None);
    for round in 1..=options.rounds {
        let outcome = ground.portal.rush(Rush {
            connections: CONNECTIONS,
            warm_up: ground.stand.warm_up().as_secs_f64(),
            seconds: options.seconds,
            pace: Pace::OpenLoop(rate),
        })?;
        let arrivals = outcome.outcome.arrivals.unwrap_or_default();
        let found = arrivals.latencies;
        ground.stand.say(&format!(
            "round {round}: events {:.1} ms after their replies (median), {:.1} ms (p99), at {rate:.0} sign-ups/s",
            found.p50_ms, found.p99_ms
        ));
        value.push(found.p99_ms);
        early = arrivals.early;
        latencies = Some(found);
    }
    ground.portal.watch = None;
    ground.detach()?;
    let count = latencies.map_or(0, |found| found.count);
    Ok(Measured {
        value,
        limit: LATENCY_MS.into(),
        note: format!(
            "{rate:.0} sign-ups/s; in the last round {early} of {count} events were there before their replies"
        ),
        latencies,
    })
}
