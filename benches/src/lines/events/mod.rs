//! From the outbox to a broker and on to a consumer, while people sign up.

mod capacity;
mod ground;
mod latency;

use super::{Family, Sheet};
use crate::load::Pace;
use crate::portal::Rush;
use crate::report::{Goal, Measured, Spec};
use crate::series::Series;
use crate::stand::{Options, Stand};
use ground::Ground;

/// The family.
pub const FAMILY: Family = Family {
    specs: &[
        Spec {
            name: BROKER,
            unit: "sign-ups/s",
            goal: None,
            about: "password-less sign-ups at 32 connections with RabbitMQ and the relay at work ÷ without",
        },
        Spec {
            name: BACKLOG,
            unit: "events",
            goal: Some(Goal::Below(1.0)),
            about: "events still in the outbox after 20 s (5 s with --quick) at full rate ÷ events written per second",
        },
        Spec {
            name: CAPACITY,
            unit: "events/s",
            goal: Some(Goal::AtLeast(1.2)),
            about: "events confirmed by RabbitMQ, out of a backlog ÷ password-less sign-ups at 32 connections, no broker",
        },
        Spec {
            name: LATENCY,
            unit: "ms",
            goal: Some(Goal::Below(1.0)),
            about: "p99 from reply to event in a consumer's hands, at half the rate with broker ÷ what it may be",
        },
    ],
    measure,
    seconds: |options| {
        let round = options.seconds * 2.0 + full_rate_seconds(options) * 1.5 + 30.0;
        30.0 + options.rounds as f64 * round
    },
};

const BROKER: &str = "passwordless-32-broker";
const BACKLOG: &str = "outbox-backlog";
const CAPACITY: &str = "relay-capacity";
const LATENCY: &str = "event-latency";

/// What may lie between a reply and its event, in milliseconds.
const LATENCY_MS: f64 = 50.0;

/// How long people sign up at full rate beside the relay.
fn full_rate_seconds(options: &Options) -> f64 {
    if options.quick { 5.0 } else { 20.0 }
}

fn measure(stand: &Stand, sheet: &mut Sheet<'_>) -> anyhow::Result<()> {
    let mut ground = Ground::prepare(stand)?;
    let rush = |seconds| Rush {
        connections: 32,
        warm_up: stand.warm_up().as_secs_f64(),
        seconds,
        pace: Pace::ClosedLoop,
    };
    let at_full_rate = [BROKER, BACKLOG, LATENCY]
        .iter()
        .any(|name| sheet.wants(name));
    let mut full = FullRate::default();
    let mut drained = capacity::Drained::default();
    let mut alone = Series::default();
    for round in 1..=stand.options.rounds {
        ground.clear()?;
        let rate = ground.portal.rush(rush(stand.options.seconds))?;
        let rate = rate.outcome.per_second();
        alone.push(rate);
        stand.say(&format!(
            "round {round}: {rate:.0} sign-ups/s without a broker"
        ));
        if at_full_rate {
            let round = full.measure(&mut ground, rush(full_rate_seconds(&stand.options)))?;
            stand.say(&round);
        }
        if sheet.wants(CAPACITY) {
            let round = drained.measure(&mut ground)?;
            stand.say(&round);
        }
    }
    if at_full_rate {
        let rate = full.rates.median().unwrap_or_default();
        full.report(sheet, alone.clone());
        if sheet.wants(LATENCY) {
            let measured = latency::measure(&mut ground, rate / 2.0)?;
            sheet.put(LATENCY, measured);
        }
    }
    sheet.put(CAPACITY, drained.report(alone));
    Ok(())
}

/// Rounds with everything at work: service, relay, and broker.
#[derive(Default)]
struct FullRate {
    rates: Series,
    waiting: Series,
    per_second: Series,
}

impl FullRate {
    fn measure(&mut self, ground: &mut Ground<'_>, rush: Rush) -> anyhow::Result<String> {
        ground.clear()?;
        ground.attach()?;
        let round = ground.portal.rush(rush)?;
        ground.detach()?;
        ground.check()?;
        let outcome = &round.outcome;
        let per_second = outcome.accepted_in_all as f64 / outcome.elapsed;
        self.rates.push(outcome.per_second());
        self.waiting.push(round.waiting as f64);
        self.per_second.push(per_second);
        Ok(format!(
            "         {:.0} sign-ups/s with one, {} events waiting after {:.0} s",
            outcome.per_second(),
            round.waiting,
            outcome.elapsed
        ))
    }

    fn report(self, sheet: &mut Sheet<'_>, alone: Series) {
        let measured = |value, limit| Measured {
            value,
            limit,
            ..Measured::default()
        };
        sheet.put(BROKER, measured(self.rates, alone));
        sheet.put(BACKLOG, measured(self.waiting, self.per_second));
    }
}
