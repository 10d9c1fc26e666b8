//! How fast a relay empties the outbox.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::ground::{Ground, QUEUE};
use crate::report::Measured;
use crate::series::Series;

/// A slower relay is stopped after this time, and counts with what it has done.
const LONGEST: Duration = Duration::from_secs(60);

/// Between two looks into the queue.
const PAUSE: Duration = Duration::from_millis(50);

/// Rows that are copied.
const SAMPLES: u64 = 1000;

/// Rounds in which a relay found a backlog.
#[derive(Default)]
pub struct Drained {
    rates: Series,
    note: String,
}

impl Drained {
    /// One round; says what came of it.
    ///
    /// # Errors
    /// The relay marks events that the queue has not received, or publishes none.
    pub fn measure(&mut self, ground: &mut Ground<'_>) -> anyhow::Result<String> {
        let events = if ground.stand.options.quick { 50 } else { 300 } * SAMPLES;
        fill(ground, events)?;
        ground.attach()?;
        let Received {
            per_second: received,
            begun,
        } = watch(ground, events)?;
        ground.detach()?;
        ground.check()?;
        let marked = marked_per_second(ground)?;
        // One is taken when the broker has an event, the other when the outbox knows that. The work is done when both
        // are, so the slower one counts.
        self.rates.push(received.min(marked));
        self.note = format!(
            "{events} events waited; in the last round the queue received {received:.0}/s, and {marked:.0}/s were marked; \
             the first were there {begun:.1} s after the service was ready"
        );
        Ok(format!(
            "         {received:.0} events/s into the queue out of a backlog of {events}, {marked:.0}/s marked"
        ))
    }

    /// The line, against sign-ups per second without a broker.
    pub fn report(self, alone: Series) -> Measured {
        Measured {
            value: self.rates,
            limit: alone,
            note: self.note,
            latencies: None,
        }
    }
}

/// Puts copies of the events of real sign-ups into the outbox, instead of those: ids as UUIDv7 grow, each of a subject of
/// its own, envelopes with both in their places.
fn fill(ground: &Ground<'_>, events: u64) -> anyhow::Result<()> {
    let database = &ground.portal.database;
    database.execute(&format!(
        "CREATE TEMPORARY TABLE sample AS SELECT row_number() OVER () AS number, * FROM outbox \
         WHERE event_type = 'signup.user.created.v1' LIMIT {SAMPLES}; \
         TRUNCATE outbox; \
         INSERT INTO outbox (id, event_type, subject, routing_key, envelope, time, attempts, available_at) \
         SELECT fresh.id, event_type, fresh.subject, routing_key, \
           replace(replace(envelope, sample.id, fresh.id), sample.subject, fresh.subject), time, 0, time \
         FROM generate_series(0, {copies} - 1) AS copy, sample, LATERAL (SELECT \
           '01935f9e-8c7a-7000-8000-' || lpad((copy * {SAMPLES} + number)::text, 12, '0') AS id, \
           md5(sample.id || copy) AS subject) AS fresh \
         ORDER BY copy, number",
        copies = events / SAMPLES
    ))?;
    database.execute("VACUUM ANALYZE outbox")?;
    let filled = database.count("outbox")?;
    if filled != events {
        bail!("{filled} events were made instead of {events}");
    }
    ground.broker.empty(QUEUE)?;
    database.checkpoint()
}

/// What a queue received.
struct Received {
    /// Events per second, from the first look at which some were there to the last.
    per_second: f64,
    /// Seconds until that first look.
    begun: f64,
}

/// Waits until the queue has all of them, or the time is over.
fn watch(ground: &Ground<'_>, events: u64) -> anyhow::Result<Received> {
    let start = Instant::now();
    let end = start + LONGEST;
    let mut first = None;
    loop {
        let received = ground.broker.count(QUEUE)?;
        let now = Instant::now();
        let (before, since) = match received {
            0 => (0, now),
            _ => *first.get_or_insert((received, now)),
        };
        if received >= events || now > end {
            let seconds = (now - since).as_secs_f64();
            if received == before {
                bail!("the queue received {received} events at once, or none within {LONGEST:?}");
            }
            return Ok(Received {
                per_second: (received - before) as f64 / seconds,
                begun: (since - start).as_secs_f64(),
            });
        }
        sleep(PAUSE);
    }
}

/// Events marked as published per second, between the first mark and the last; those of the first were under way before.
fn marked_per_second(ground: &Ground<'_>) -> anyhow::Result<f64> {
    ground.portal.database.number(
        "SELECT count(*) FILTER (WHERE published_at > first) * 1000.0 / nullif(max(published_at) - min(first), 0) \
         FROM outbox, (SELECT min(published_at) AS first FROM outbox) AS began",
    )
}
