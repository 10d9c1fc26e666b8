//! Ten times more sign-ups with passwords than all cores can hash, and what everybody else notices of it.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::{Family, Sheet};
use crate::hashing;
use crate::load::{Latencies, Load, Outcome, Pace};
use crate::machine;
use crate::portal::{Portal, Rush};
use crate::reception::flood;
use crate::report::{Goal, Measured, Spec};
use crate::series::Series;
use crate::service::Settings;
use crate::stand::Stand;

/// The family.
pub const FAMILY: Family = Family {
    specs: &[
        probe(
            LIVE,
            "p99 of /health/live at 10 times overload of passwords ÷ unloaded",
        ),
        probe(
            CODE,
            "p99 of code requests at 10 times overload of passwords ÷ unloaded",
        ),
        probe(
            SIGN_UP,
            "p99 of password-less sign-ups at 10 times overload of passwords ÷ unloaded",
        ),
        Spec {
            name: REFUSAL,
            unit: "ms",
            goal: Some(Goal::AtMost(1.0)),
            about: "p99 until a password that cannot be hashed in time is refused ÷ what it may be, 50 ms",
        },
        Spec {
            name: MEMORY,
            unit: "MiB",
            goal: Some(Goal::AtMost(1.2)),
            about: "resident memory at the end of the overload ÷ 5 s after its beginning",
        },
    ],
    measure,
    seconds: |options| 12.0 + options.rounds as f64 * (options.seconds * 2.0 + 9.0),
};

const LIVE: &str = "overload-live";
const CODE: &str = "overload-code";
const SIGN_UP: &str = "overload-passwordless";
const REFUSAL: &str = "overload-refusal";
const MEMORY: &str = "overload-memory";

/// The probes, in their order.
const PROBES: [&str; 3] = [LIVE, CODE, SIGN_UP];

const fn probe(name: &'static str, about: &'static str) -> Spec {
    Spec {
        name,
        unit: "ms",
        goal: Some(Goal::AtMost(3.0)),
        about,
    }
}

/// How much more passwords come than can be hashed.
const OVERLOAD: f64 = 10.0;

/// Until the queue is as long as it gets, and memory with it.
const SETTLED: Duration = Duration::from_secs(5);

/// Requests per second of each probe: few beside what the service can do.
const RATE: f64 = 50.0;

/// More connections than the service lets passwords wait, so that no request waits for one.
const CONNECTIONS: f64 = 512.0;

/// Seconds between two requests on a connection, about: the service closes one on which nothing comes for 5 s.
const REST: f64 = 1.0;

/// What a refusal may take.
const REFUSAL_MS: f64 = 50.0;

/// When the load sends so much too late, its latencies are its own.
const LAG_MS: f64 = 10.0;

fn measure(stand: &Stand, sheet: &mut Sheet<'_>) -> anyhow::Result<()> {
    let cost = ("hash.cost".to_owned(), hashing::COST.to_string());
    let mut portal = Portal::open(stand, &Settings::from([cost]))?;
    portal.prove()?;
    portal.warm_up(32)?;
    // What the cores can do, even if others keep them busy: too little would be no overload.
    let ceiling = hashing::ceiling(2.0, 0)?;
    stand.say(&format!("bcrypt alone: {ceiling:.1}/s"));
    let mut quiet: [Series; 3] = Default::default();
    let mut loaded: [Series; 3] = Default::default();
    let mut refusals = Series::default();
    let (mut early, mut late) = (Series::default(), Series::default());
    let mut last = None;
    for round in 1..=stand.options.rounds {
        let before = Load::run_together(probes(stand, &portal)?)?;
        let storm = overload(stand, &portal, ceiling * OVERLOAD)?;
        stand.say(&format!("round {round}: {}", describe(&before, &storm)));
        for place in 0..PROBES.len() {
            quiet[place].push(before[place].latencies.p99_ms);
            loaded[place].push(storm.probes[place].latencies.p99_ms);
        }
        refusals.push(storm.flood.refusals.p99_ms);
        early.push(storm.memory.0);
        late.push(storm.memory.1);
        last = Some(storm);
    }
    let note = last.as_ref().map(generator).unwrap_or_default();
    let sharing = match machine::autogroup() {
        true => "; THE KERNEL SHARES THE PROCESSOR OUT BY SESSIONS, see README",
        false => "",
    };
    for (place, (name, (value, limit))) in PROBES
        .into_iter()
        .zip(loaded.into_iter().zip(quiet))
        .enumerate()
    {
        let latencies = last.as_ref().map(|storm| storm.probes[place].latencies);
        sheet.put(
            name,
            Measured {
                value,
                limit,
                note: latencies
                    .as_ref()
                    .map(|latencies| percentiles(latencies) + sharing)
                    .unwrap_or_default(),
                latencies,
            },
        );
    }
    sheet.put(
        REFUSAL,
        Measured {
            value: refusals,
            limit: REFUSAL_MS.into(),
            note,
            latencies: last.map(|storm| storm.flood.refusals),
        },
    );
    sheet.put(
        MEMORY,
        Measured {
            value: late,
            limit: early,
            ..Measured::default()
        },
    );
    Ok(())
}

/// What came of an overload.
struct Storm {
    flood: Outcome,
    probes: [Outcome; 3],
    /// Resident memory in MiB when it had settled and at the end.
    memory: (f64, f64),
}

fn probes(stand: &Stand, portal: &Portal<'_>) -> anyhow::Result<[Load; 3]> {
    let rush = Rush {
        connections: 64,
        warm_up: 0.0,
        seconds: stand.options.seconds,
        pace: Pace::OpenLoop(RATE),
    };
    Ok([
        portal.prepare_health(rush)?,
        portal.prepare_code_requests(rush)?,
        portal.prepare(rush)?,
    ])
}

fn overload(stand: &Stand, portal: &Portal<'_>, per_second: f64) -> anyhow::Result<Storm> {
    let users = portal.database.count("users")?;
    let rush = Rush {
        connections: CONNECTIONS.min(per_second * REST) as usize,
        warm_up: SETTLED.as_secs_f64(),
        // A little longer than the probes take.
        seconds: stand.options.seconds + 1.0,
        pace: Pace::OpenLoop(per_second),
    };
    let load = flood(
        &portal.with_passwords,
        &portal.service,
        stand,
        rush,
        per_second,
    )?;
    let settled = Instant::now() + SETTLED;
    let flood = load.go()?;
    sleep(SETTLED / 2);
    let probes = probes(stand, portal)?;
    sleep(settled.saturating_duration_since(Instant::now()));
    let early = portal.service.memory_mib()?;
    let probes = Load::run_together(probes)?;
    let late = portal.service.memory_mib()?;
    let flood = flood.wait()?;
    let accepted = flood.accepted_in_all + probes[2].accepted_in_all;
    let written = portal.database.count("users")? - users;
    if written != accepted {
        bail!("{accepted} sign-ups were answered and {written} users were written");
    }
    if flood.refused == 0 {
        bail!("{per_second:.0} passwords/s were no overload: nobody was refused");
    }
    Ok(Storm {
        flood,
        probes,
        memory: (early, late),
    })
}

fn describe(before: &[Outcome; 3], storm: &Storm) -> String {
    let [live, code, sign_up] = [0, 1, 2].map(|place| {
        let (before, after) = (&before[place].latencies, &storm.probes[place].latencies);
        format!("{:.1} -> {:.1} ms", before.p99_ms, after.p99_ms)
    });
    format!(
        "p99 of health {live}, codes {code}, sign-ups {sign_up}; {:.0} passwords/s accepted, {:.0}/s refused within \
         {:.1} ms (p99)",
        storm.flood.per_second(),
        storm.flood.refused as f64 / storm.flood.seconds,
        storm.flood.refusals.p99_ms
    )
}

fn percentiles(latencies: &Latencies) -> String {
    format!(
        "{} replies at {RATE:.0}/s, after {:.1} ms (median), {:.1} ms (longest)",
        latencies.count, latencies.p50_ms, latencies.max_ms
    )
}

/// Whether the load could do its part.
fn generator(storm: &Storm) -> String {
    let flood = &storm.flood;
    let verdict = match flood.lag.p99_ms {
        lag if lag > LAG_MS => "THE LOAD LAGS, so that latencies are not the service's alone: ",
        _ => "",
    };
    format!(
        "{:.0} passwords/s accepted, {:.0}/s refused; {verdict}the load sent {:.1} ms after the moment (p99), and took \
         {:.0} % of a core",
        flood.per_second(),
        flood.refused as f64 / flood.seconds,
        flood.lag.p99_ms,
        flood.cpu_seconds / flood.elapsed * 100.0
    )
}
