//! A provider's service with a database of its own, at which people sign up with passwords.

use anyhow::bail;

use crate::client::{Client, Provider};
use crate::load::{Load, Order, Outcome, Pace, requests};
use crate::portal::Rush;
use crate::postgres::Database;
use crate::service::{Service, Settings};
use crate::stand::Stand;

/// Requests are made for so many times the sign-ups that are expected.
const RESERVE: f64 = 2.0;

/// The reception.
pub struct Reception<'a> {
    stand: &'a Stand,
    database: Database<'a>,
    service: Service,
    client: Client,
}

impl<'a> Reception<'a> {
    /// Makes a database, declares the applications, and starts the service, with further settings.
    ///
    /// # Errors
    /// One of them fails.
    pub fn open(stand: &'a Stand, provider: Provider, further: &Settings) -> anyhow::Result<Self> {
        let database = stand.new_database()?;
        let mut settings = stand.settings(&database.url());
        let client = Client::declare(provider, &settings)?;
        settings.extend(further.clone());
        Ok(Self {
            stand,
            service: Service::start(provider.program(), &settings, &stand.logs)?,
            database,
            client,
        })
    }

    /// Lets people sign up, each with a name of their own, and checks that whoever was accepted is in the database and
    /// nobody else. `expected` is how many per second there may be.
    ///
    /// # Errors
    /// A reply was unexpected, the requests were used up, or the counts do not agree.
    pub fn rush(&self, rush: Rush, expected: f64) -> anyhow::Result<Outcome> {
        let load = flood(
            &self.client,
            &self.service,
            self.stand,
            rush,
            expected * RESERVE,
        )?;
        let before = self.database.count("users")?;
        let outcome = load.run()?;
        let written = self.database.count("users")? - before;
        if written != outcome.accepted_in_all {
            bail!(
                "{} sign-ups were answered and {written} users were written",
                outcome.accepted_in_all
            );
        }
        if outcome.seconds < rush.seconds {
            bail!("the requests were used up before the round was over");
        }
        Ok(outcome)
    }
}

/// A load process that is ready to sign people up with passwords, up to so many per second. In an open loop it takes
/// refusals.
///
/// # Errors
/// The disk is full, or the service is gone.
pub fn flood(
    client: &Client,
    service: &Service,
    stand: &Stand,
    rush: Rush,
    per_second: f64,
) -> anyhow::Result<Load> {
    let count = (per_second * (rush.warm_up + rush.seconds)) as u64 + 500;
    let people = stand.new_people(count);
    let file = requests::write_all(people.map(|person| client.sign_up(person)))?;
    Load::prepare(&Order {
        watch: None,
        address: service.address,
        requests: file.path().to_owned(),
        repeat: false,
        shape: client.shape(),
        connections: rush.connections,
        pace: rush.pace,
        warm_up: rush.warm_up,
        seconds: rush.seconds,
        may_refuse: matches!(rush.pace, Pace::OpenLoop(_)),
    })
}
