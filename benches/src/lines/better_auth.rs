//! Sign-ups by phone number and code, against sign-ups at better-auth without hashing.

use super::{Family, Sheet};
use crate::better_auth::{BetterAuth, Installed};
use crate::load::Pace;
use crate::portal::{Portal, Rush};
use crate::report::{Goal, Measured, Spec};
use crate::series::Series;
use crate::service::Settings;
use crate::stand::{Options, Stand};

/// The family.
pub const FAMILY: Family = Family {
    specs: &[Spec {
        name: BETTER_AUTH,
        unit: "sign-ups/s",
        goal: Some(Goal::AtLeast(30.0)),
        about: "password-less sign-ups at 32 connections ÷ better-auth without hashing, 32 connections",
    }],
    measure,
    seconds,
};

const BETTER_AUTH: &str = "passwordless-32-better-auth";

fn seconds(options: &Options) -> f64 {
    match options.better_auth {
        true => {
            90.0 + options.rounds as f64 * (options.seconds * 2.5 + 6.0) + options.seconds * 3.0
        }
        false => 0.0,
    }
}

fn measure(stand: &Stand, sheet: &mut Sheet<'_>) -> anyhow::Result<()> {
    if !stand.options.better_auth {
        sheet.skip(BETTER_AUTH, "not asked for: make bench BETTER_AUTH=1");
        return Ok(());
    }
    let installed = Installed::prepare(&stand.logs)?;
    let database = stand.new_database()?;
    let processes = best_count(stand, &database, &installed)?;
    let server = BetterAuth::start(stand, &database, &installed, processes)?;
    let mut portal = Portal::open(stand, &Settings::new())?;
    portal.warm_up(32)?;
    let (mut value, mut limit) = (Series::default(), Series::default());
    let mut latencies = None;
    for round in 1..=stand.options.rounds {
        let ours = portal.rush(Rush {
            connections: 32,
            warm_up: stand.warm_up().as_secs_f64(),
            seconds: stand.options.seconds,
            pace: Pace::ClosedLoop,
        })?;
        let ours = ours.outcome;
        let theirs = server.rush(32, stand.options.seconds)?;
        stand.say(&format!(
            "round {round}: {:.0} sign-ups/s, better-auth {:.0}/s",
            ours.per_second(),
            theirs.per_second()
        ));
        value.push(ours.per_second());
        limit.push(theirs.per_second());
        latencies = Some(ours.latencies);
    }
    let note = format!("{}, best with {processes} processes", installed.versions);
    sheet.put(
        BETTER_AUTH,
        Measured {
            value,
            limit,
            note,
            latencies,
        },
    );
    Ok(())
}

/// How many processes better-auth is best with, of one and all cores and half of them. Database and load want cores too.
fn best_count(
    stand: &Stand,
    database: &crate::postgres::Database<'_>,
    installed: &Installed,
) -> anyhow::Result<usize> {
    let cores = std::thread::available_parallelism()?.get();
    let mut counts = vec![1, cores.div_ceil(2), cores];
    counts.dedup();
    let mut best = (0.0, 1);
    for processes in counts {
        let server = BetterAuth::start(stand, database, installed, processes)?;
        let rate = server.rush(32, stand.options.seconds)?;
        let rate = rate.per_second();
        stand.say(&format!(
            "better-auth, {processes} processes: {rate:.0} sign-ups/s"
        ));
        if rate > best.0 {
            best = (rate, processes);
        }
    }
    database.execute("VACUUM ANALYZE")?;
    Ok(best.1)
}
