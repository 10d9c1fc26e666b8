//! Sign-ups by phone number and code on SQLite, against the same rows without a service.

use super::passwordless::closed_loop;
use super::{Family, Sheet};
use crate::bare_sqlite::BareSqlite;
use crate::embedded::Embedded;
use crate::report::{Goal, Measured, Spec};
use crate::series::Series;
use crate::stand::Stand;

/// The family.
pub const FAMILY: Family = Family {
    specs: &[Spec {
        name: SQLITE,
        unit: "sign-ups/s",
        goal: Some(Goal::AtLeast(2.0)),
        about: "password-less sign-ups at 32 connections on SQLite ÷ the same rows inserted, one transaction each",
    }],
    measure,
    seconds: |options| 10.0 + options.rounds as f64 * (options.seconds * 2.3 + 6.0),
};

const SQLITE: &str = "passwordless-sqlite";

fn measure(stand: &Stand, sheet: &mut Sheet<'_>) -> anyhow::Result<()> {
    let mut embedded = Embedded::open(stand)?;
    let rush = closed_loop(stand, 32);
    embedded.rush(rush)?;
    let mut bare = BareSqlite::open(stand, &embedded.file)?;
    bare.run(1.0)?;
    let (mut rates, mut limits) = (Series::default(), Series::default());
    let mut latencies = None;
    for round in 1..=stand.options.rounds {
        let outcome = embedded.rush(rush)?;
        let limit = bare.run(stand.options.seconds)?;
        stand.say(&format!(
            "round {round}: {:.0} sign-ups/s, SQLite alone {limit:.0}/s",
            outcome.per_second()
        ));
        rates.push(outcome.per_second());
        limits.push(limit);
        latencies = Some(outcome.latencies);
    }
    let note = latencies.map(|latencies| {
        format!(
            "replies after {:.1} ms (median), {:.1} ms (p99)",
            latencies.p50_ms, latencies.p99_ms
        )
    });
    sheet.put(
        SQLITE,
        Measured {
            value: rates,
            limit: limits,
            note: note.unwrap_or_default(),
            latencies,
        },
    );
    Ok(())
}
