//! Sign-ups with passwords, against bcrypt alone.

use super::{Family, Sheet};
use crate::client::Provider;
use crate::hashing;
use crate::load::Pace;
use crate::portal::Rush;
use crate::reception::Reception;
use crate::report::{Goal, Measured, Spec};
use crate::series::Series;
use crate::service::Settings;
use crate::stand::Stand;

/// The family.
pub const FAMILY: Family = Family {
    specs: &SPECS,
    measure,
    seconds: |options| 3.0 * (8.0 + options.rounds as f64 * (options.seconds * 2.0 + 2.0)),
};

/// In the order of [`SPECS`].
const PROVIDERS: [Provider; 3] = [Provider::Bytepower, Provider::Xdua, Provider::Ciam];

const SPECS: [Spec; 3] = [
    spec("password-bytepower"),
    spec("password-xdua"),
    spec("password-ciam"),
];

const fn spec(name: &'static str) -> Spec {
    Spec {
        name,
        unit: "sign-ups/s",
        goal: Some(Goal::AtLeast(0.97)),
        about: "sign-ups with passwords, bcrypt cost 10, 16 connections ÷ bcrypt alone on all cores",
    }
}

/// Enough that a password always waits for a hash thread, on any number of cores that a benchmark is run on.
const CONNECTIONS: usize = 16;

fn measure(stand: &Stand, sheet: &mut Sheet<'_>) -> anyhow::Result<()> {
    for (provider, spec) in PROVIDERS.into_iter().zip(&SPECS) {
        if sheet.wants(spec.name) {
            let measured = measure_one(stand, provider)?;
            sheet.put(spec.name, measured);
        }
    }
    Ok(())
}

fn measure_one(stand: &Stand, provider: Provider) -> anyhow::Result<Measured> {
    let cost = ("hash.cost".to_owned(), hashing::COST.to_string());
    let reception = Reception::open(stand, provider, &Settings::from([cost]))?;
    let mut expected = hashing::ceiling(1.0, 0)?;
    let rush = Rush {
        connections: CONNECTIONS,
        warm_up: 1.0,
        seconds: stand.options.seconds,
        pace: Pace::ClosedLoop,
    };
    let (mut rates, mut ceilings) = (Series::default(), Series::default());
    let mut last = None;
    for round in 1..=stand.options.rounds {
        let outcome = reception.rush(rush, expected)?;
        let ceiling = hashing::ceiling(stand.options.seconds, hashing::NICE)?;
        expected = expected.max(ceiling);
        stand.say(&format!(
            "{}, round {round}: {:.1} sign-ups/s, bcrypt alone {ceiling:.1}/s",
            provider.name(),
            outcome.per_second()
        ));
        rates.push(outcome.per_second());
        ceilings.push(ceiling);
        last = Some(outcome);
    }
    Ok(Measured {
        value: rates,
        limit: ceilings,
        note: String::new(),
        latencies: last.map(|outcome| outcome.latencies),
    })
}
