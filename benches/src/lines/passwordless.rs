//! Sign-ups by phone number and code, against the same rows written by pgbench.

use super::{Family, Sheet};
use crate::load::{Outcome, Pace};
use crate::pgbench::{Pgbench, RowSizes, Script};
use crate::portal::{Portal, Rush};
use crate::report::{Goal, Measured, Spec};
use crate::series::Series;
use crate::service::Settings;
use crate::stand::Stand;

/// The family.
pub const FAMILY: Family = Family {
    specs: &[
        Spec {
            name: FIVE,
            unit: "sign-ups/s",
            goal: Some(Goal::AtLeast(2.5)),
            about: "password-less sign-ups at 32 connections ÷ pgbench, five-statement transaction, 32 clients",
        },
        Spec {
            name: SINGLE,
            unit: "sign-ups/s",
            goal: Some(Goal::AtLeast(1.0)),
            about: "password-less sign-ups at 32 connections ÷ pgbench, one statement, 32 clients",
        },
        Spec {
            name: STATEMENTS,
            unit: "statements",
            goal: Some(Goal::Below(0.2)),
            about: "statements of the service's role (BEGIN and COMMIT included) ÷ sign-ups, at 32 connections",
        },
        Spec {
            name: MANY,
            unit: "sign-ups/s",
            goal: Some(Goal::AtLeast(5.0)),
            about: "password-less sign-ups at 256 connections ÷ pgbench, five-statement transaction, best client count",
        },
    ],
    measure,
    seconds: |options| 30.0 + options.rounds as f64 * (options.seconds * 5.5 + 12.0),
};

const FIVE: &str = "passwordless-32-five";
const SINGLE: &str = "passwordless-32-single";
const STATEMENTS: &str = "passwordless-statements";
const MANY: &str = "passwordless-256-five";

/// Client counts at which pgbench is tried.
const CLIENTS: [u64; 4] = [8, 16, 32, 64];

fn measure(stand: &Stand, sheet: &mut Sheet<'_>) -> anyhow::Result<()> {
    let mut portal = Portal::open(stand, &Settings::new())?;
    portal.prove()?;
    stand.say("codes that are made in bulk equal those of the service");
    portal.warm_up(32)?;
    let sizes = RowSizes::of(&portal.database)?;
    let mut five = Pgbench::open(stand, Script::FiveStatements, sizes)?;
    five.warm_up()?;
    let at_32 = [FIVE, SINGLE, STATEMENTS]
        .iter()
        .any(|name| sheet.wants(name));
    if at_32 {
        measure_32(stand, sheet, &mut portal, &mut five, sizes)?;
    }
    if sheet.wants(MANY) {
        measure_many(stand, sheet, &mut portal, &mut five)?;
    }
    Ok(())
}

fn measure_32(
    stand: &Stand,
    sheet: &mut Sheet<'_>,
    portal: &mut Portal<'_>,
    five: &mut Pgbench<'_>,
    sizes: RowSizes,
) -> anyhow::Result<()> {
    let mut single = Pgbench::open(stand, Script::SingleStatement, sizes)?;
    single.warm_up()?;
    let mut rates = Series::default();
    let mut last = None;
    let (mut five_rates, mut single_rates) = (Series::default(), Series::default());
    let (mut statements, mut sign_ups) = (0.0, 0.0);
    for round in 1..=stand.options.rounds {
        let outcome = {
            let rush = portal.rush(closed_loop(stand, 32))?;
            statements += rush.statements;
            sign_ups += rush.outcome.accepted_in_all as f64;
            rush.outcome
        };
        let five_rate = five.run(32, stand.options.seconds)?;
        let single_rate = single.run(32, stand.options.seconds)?;
        stand.say(&format!(
            "round {round}: {:.0} sign-ups/s, pgbench {five_rate:.0}/s with five statements, {single_rate:.0}/s with one",
            outcome.per_second()
        ));
        rates.push(outcome.per_second());
        five_rates.push(five_rate);
        single_rates.push(single_rate);
        last = Some(outcome);
    }
    let measured = |limit: Series| Measured {
        value: rates.clone(),
        limit,
        note: last.as_ref().map(cost).unwrap_or_default(),
        latencies: last.as_ref().map(|outcome| outcome.latencies),
    };
    sheet.put(FIVE, measured(five_rates));
    sheet.put(SINGLE, measured(single_rates));
    sheet.put(
        STATEMENTS,
        Measured {
            value: statements.into(),
            limit: sign_ups.into(),
            ..Measured::default()
        },
    );
    Ok(())
}

fn measure_many(
    stand: &Stand,
    sheet: &mut Sheet<'_>,
    portal: &mut Portal<'_>,
    five: &mut Pgbench<'_>,
) -> anyhow::Result<()> {
    let mut best = (0.0, CLIENTS[0]);
    for clients in CLIENTS {
        let rate = five.run(clients, (stand.options.seconds / 2.0).max(2.0))?;
        stand.say(&format!(
            "pgbench, five statements, {clients} clients: {rate:.0}/s"
        ));
        if rate > best.0 {
            best = (rate, clients);
        }
    }
    let (_, clients) = best;
    let (mut rates, mut limits) = (Series::default(), Series::default());
    let mut last = None;
    for round in 1..=stand.options.rounds {
        let outcome = portal.rush(closed_loop(stand, 256))?.outcome;
        let limit = five.run(clients, stand.options.seconds)?;
        stand.say(&format!(
            "round {round}: {:.0} sign-ups/s, pgbench {limit:.0}/s with five statements and {clients} clients",
            outcome.per_second()
        ));
        rates.push(outcome.per_second());
        limits.push(limit);
        last = Some(outcome);
    }
    sheet.put(
        MANY,
        Measured {
            value: rates,
            limit: limits,
            note: format!(
                "pgbench was best with {clients} clients; {}",
                last.as_ref().map(cost).unwrap_or_default()
            ),
            latencies: last.map(|outcome| outcome.latencies),
        },
    );
    Ok(())
}

pub(super) fn closed_loop(stand: &Stand, connections: usize) -> Rush {
    Rush {
        connections,
        warm_up: stand.warm_up().as_secs_f64(),
        seconds: stand.options.seconds,
        pace: Pace::ClosedLoop,
    }
}

/// What the load itself costs: it shares the cores with what it measures.
fn cost(outcome: &Outcome) -> String {
    let micros = outcome.cpu_seconds * 1e6 / outcome.accepted_in_all.max(1) as f64;
    format!(
        "replies after {:.1} ms (median), {:.1} ms (p99); the load generator takes {micros:.0} µs of CPU per sign-up",
        outcome.latencies.p50_ms, outcome.latencies.p99_ms
    )
}
