//! Whether a password that is being hashed keeps a database connection from others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use diesel::sql_types::Double;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};

use super::{Family, Sheet};
use crate::load::{Load, Outcome, Pace};
use crate::portal::{Portal, Rush};
use crate::postgres::{Database, ROLE};
use crate::reception::flood;
use crate::report::{Goal, Measured, Spec};
use crate::service::Settings;
use crate::stand::Stand;

/// The family.
pub const FAMILY: Family = Family {
    specs: &[Spec {
        name: HELD,
        unit: "connections",
        goal: Some(Goal::Below(1.0)),
        about: "database connections held while passwords are hashed on all cores, of a pool of one ÷ 1",
    }],
    measure,
    seconds: |options| 12.0 + span(options.seconds),
};

const HELD: &str = "connections-while-hashing";

/// A hash of this cost takes about half a second on a core: nothing else in a sign-up takes so long.
const COST: u32 = 13;

/// Code requests, and password-less sign-ups, per second.
const RATE: f64 = 10.0;

/// Between two looks at the server's connections.
const PAUSE: Duration = Duration::from_millis(10);

fn span(seconds: f64) -> f64 {
    seconds.max(5.0)
}

fn measure(stand: &Stand, sheet: &mut Sheet<'_>) -> anyhow::Result<()> {
    let settings = [
        ("hash.cost", COST.to_string()),
        ("database.pool_size", "1".to_owned()),
    ];
    let settings = settings.map(|(key, value)| (key.to_owned(), value));
    let portal = Portal::open(stand, &Settings::from(settings))?;
    portal.prove()?;
    // One sign-up per hash thread at any time: as soon as one is answered the next one comes.
    let hashing = Rush {
        connections: thread::available_parallelism()?.get(),
        warm_up: 0.0,
        seconds: span(stand.options.seconds),
        pace: Pace::ClosedLoop,
    };
    let others = Rush {
        connections: 16,
        pace: Pace::OpenLoop(RATE),
        ..hashing
    };
    let loads = [
        flood(
            &portal.with_passwords,
            &portal.service,
            stand,
            hashing,
            50.0,
        )?,
        portal.prepare_code_requests(others)?,
        portal.prepare(others)?,
    ];
    let (outcomes, samples) = run(&portal.database, loads)?;
    let [passwords, codes, sign_ups] = outcomes;
    let long = passwords.latencies.p50_ms / 2.0;
    let is_long = |age: &&f64| **age >= long;
    let in_transaction = samples
        .iter()
        .map(|sample| sample.iter().filter(is_long).count())
        .max();
    // A connection that a hash kept would make nine of ten wait for the better part of a hash.
    let kept = [codes.latencies, sign_ups.latencies]
        .iter()
        .filter(|latencies| latencies.p90_ms >= long)
        .count();
    let busy: usize = samples.iter().map(Vec::len).sum();
    let note = format!(
        "{} passwords took {:.0} ms each (median); meanwhile {} code requests took {:.1} ms (p90) and {} password-less \
         sign-ups {:.1} ms, and of the service's connections {:.3} were busy (mean of {} looks), none of them longer \
         than {:.0} ms",
        passwords.accepted_in_all,
        passwords.latencies.p50_ms,
        codes.accepted,
        codes.latencies.p90_ms,
        sign_ups.accepted,
        sign_ups.latencies.p90_ms,
        busy as f64 / samples.len().max(1) as f64,
        samples.len(),
        samples.iter().flatten().copied().fold(0.0, f64::max),
    );
    sheet.put(
        HELD,
        Measured {
            value: (in_transaction.unwrap_or_default().max(kept) as f64).into(),
            limit: 1.0.into(),
            note,
            latencies: Some(codes.latencies),
        },
    );
    Ok(())
}

/// What a look at the service's connections finds: for each that is busy since when, in ms.
type Sample = Vec<f64>;

/// Runs loads side by side and looks at the service's connections meanwhile.
fn run<const N: usize>(
    database: &Database<'_>,
    loads: [Load; N],
) -> anyhow::Result<([Outcome; N], Vec<Sample>)> {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let looking = scope.spawn(|| look(database, &done));
        let outcomes = Load::run_together(loads);
        done.store(true, Ordering::Relaxed);
        let samples = looking.join();
        let samples = samples.map_err(|_| anyhow::anyhow!("the look at the connections failed"))?;
        Ok((outcomes?, samples?))
    })
}

fn look(database: &Database<'_>, done: &AtomicBool) -> anyhow::Result<Vec<Sample>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Double)]
        age_ms: f64,
    }
    let query = format!(
        "SELECT (extract(epoch FROM clock_timestamp() - coalesce(xact_start, query_start)) * 1000)::float8 AS age_ms \
         FROM pg_stat_activity WHERE datname = current_database() AND usename = '{ROLE}' AND state <> 'idle'"
    );
    let mut connection = database.connect()?;
    let mut samples = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let rows: Vec<Row> = sql_query(&query).load(&mut connection)?;
        samples.push(rows.into_iter().map(|row| row.age_ms).collect());
        thread::sleep(PAUSE);
    }
    Ok(samples)
}
