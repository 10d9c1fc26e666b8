//! Sign-ups by phone number and code into tables that PostgreSQL knows nothing about, and into very large ones.

use super::passwordless::closed_loop;
use super::{Family, Sheet};
use crate::load::Latencies;
use crate::population;
use crate::portal::{Portal, Round, Rush};
use crate::report::{Goal, Measured, Spec};
use crate::series::Series;
use crate::service::Settings;
use crate::stand::Stand;

/// The family.
pub const FAMILY: Family = Family {
    specs: &[
        Spec {
            name: EMPTY,
            unit: "sign-ups/s",
            goal: Some(Goal::AtLeast(0.8)),
            about: "password-less sign-ups at 32 connections from the first second of a service with empty, never analysed \
                    tables ÷ the same when it is warm and they are analysed",
        },
        Spec {
            name: LARGE,
            unit: "sign-ups/s",
            goal: Some(Goal::AtLeast(0.9)),
            about: "password-less sign-ups at 32 connections with 10 million users there (200,000 with --quick) ÷ with none",
        },
    ],
    measure,
    seconds: |options| {
        let population = if options.quick { 10.0 } else { 500.0 };
        population + options.rounds as f64 * (options.seconds * 5.0 + 25.0)
    },
};

const EMPTY: &str = "passwordless-empty-tables";
const LARGE: &str = "passwordless-10m-users";

fn measure(stand: &Stand, sheet: &mut Sheet<'_>) -> anyhow::Result<()> {
    if sheet.wants(EMPTY) {
        measure_empty(stand, sheet)?;
    }
    if sheet.wants(LARGE) {
        measure_large(stand, sheet)?;
    }
    Ok(())
}

fn measure_empty(stand: &Stand, sheet: &mut Sheet<'_>) -> anyhow::Result<()> {
    let mut scout = Portal::open(stand, &Settings::new())?;
    scout.prove()?;
    scout.warm_up(32)?;
    let mut expected = scout.expected();
    drop(scout);
    let (mut first_rates, mut warm_rates) = (Series::default(), Series::default());
    let mut latencies = None;
    for round in 1..=stand.options.rounds {
        let mut portal = Portal::open(stand, &Settings::new())?;
        portal.expect(expected);
        let first = portal.rush_from_the_start(Rush {
            warm_up: 0.0,
            ..closed_loop(stand, 32)
        })?;
        portal.database.execute("VACUUM ANALYZE")?;
        let warm = portal.rush(closed_loop(stand, 32))?;
        expected = portal.expected();
        let (first, warm) = (first.outcome, warm.outcome);
        stand.say(&format!(
            "round {round}: {:.0} sign-ups/s from the first second, {:.0}/s warm and analysed",
            first.per_second(),
            warm.per_second()
        ));
        first_rates.push(first.per_second());
        warm_rates.push(warm.per_second());
        latencies = Some((first.latencies, warm.latencies));
    }
    let note = latencies.as_ref().map(|(first, warm)| compare(first, warm));
    sheet.put(
        EMPTY,
        Measured {
            value: first_rates,
            limit: warm_rates,
            note: note.unwrap_or_default(),
            latencies: latencies.map(|(first, _)| first),
        },
    );
    Ok(())
}

fn measure_large(stand: &Stand, sheet: &mut Sheet<'_>) -> anyhow::Result<()> {
    let users = if stand.options.quick {
        200_000
    } else {
        10_000_000
    };
    let mut large = Portal::open(stand, &Settings::new())?;
    large.prove()?;
    let took = population::move_in(&large.database, stand.new_people(users))?;
    let moved_in = format!("{users} users, loaded in {:.0} s", took.as_secs_f64());
    stand.say(&moved_in);
    large.restart(&Settings::new())?;
    large.warm_up(32)?;
    let (mut large_rates, mut small_rates) = (Series::default(), Series::default());
    let mut latencies = None;
    let mut logged = [0.0; 2];
    for round in 1..=stand.options.rounds {
        let with = large.rush(closed_loop(stand, 32))?;
        let mut small = Portal::open(stand, &Settings::new())?;
        small.expect(large.expected());
        small.warm_up(32)?;
        let without = small.rush(closed_loop(stand, 32))?;
        let pages = [&with, &without].map(full_pages);
        let (with, without) = (with.outcome, without.outcome);
        large.expect(small.expected());
        stand.say(&format!(
            "round {round}: {:.0} sign-ups/s with {users} users, {:.0}/s with none; whole pages logged for each: {:.2}, {:.2}",
            with.per_second(),
            without.per_second(),
            pages[0],
            pages[1]
        ));
        large_rates.push(with.per_second());
        small_rates.push(without.per_second());
        latencies = Some((with.latencies, without.latencies));
        logged = pages;
    }
    let compared = latencies
        .as_ref()
        .map(|(with, without)| compare(with, without));
    sheet.put(
        LARGE,
        Measured {
            value: large_rates,
            limit: small_rates,
            note: format!(
                "{moved_in}; {}; PostgreSQL logged {:.2} whole pages for each sign-up, {:.2} for the limit's",
                compared.unwrap_or_default(),
                logged[0],
                logged[1]
            ),
            latencies: latencies.map(|(with, _)| with),
        },
    );
    Ok(())
}

/// Whole pages that PostgreSQL has logged for each sign-up: the more pages a table has, the longer it takes after a
/// checkpoint until all of them have been changed once.
fn full_pages(round: &Round) -> f64 {
    round.full_pages / round.outcome.accepted_in_all.max(1) as f64
}

fn compare(value: &Latencies, limit: &Latencies) -> String {
    format!(
        "replies after {:.1} ms (median), {:.1} ms (p99); the limit's after {:.1} ms, {:.1} ms",
        value.p50_ms, value.p99_ms, limit.p50_ms, limit.p99_ms
    )
}
