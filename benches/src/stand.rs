//! What all lines share: the database server, the keys, the options, and what has been found out already.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use signup_core::keys::KeyRing;
use uuid::Uuid;

use crate::postgres::{Cluster, Database};
use crate::rabbit::Broker;
use crate::service::{Settings, root_file, signupctl};

/// How long and how much.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Less data and shorter rounds.
    pub quick: bool,
    /// Seconds that count in a round.
    pub seconds: f64,
    /// Rounds of each measurement.
    pub rounds: usize,
    /// Whether to install better-auth and compare with it.
    pub better_auth: bool,
}

/// The stand.
pub struct Stand {
    /// How long and how much.
    pub options: Options,
    /// The database server.
    pub cluster: Cluster,
    /// Where logs go.
    pub logs: PathBuf,
    /// The key ring, as every service gets it.
    pub keys: KeyRing,
    keys_text: String,
    people: Cell<u64>,
    databases: Cell<usize>,
    /// RabbitMQ's version, once a line has needed it.
    pub rabbitmq: RefCell<Option<String>>,
}

impl Stand {
    /// Starts the database server. Logs go to the folder `logs`.
    ///
    /// # Errors
    /// See [`Cluster::start`].
    pub fn prepare(options: Options, logs: &Path) -> anyhow::Result<Self> {
        let master = [*Uuid::new_v4().as_bytes(), *Uuid::new_v4().as_bytes()].concat();
        let master = base64::engine::general_purpose::STANDARD.encode(master);
        let keys_text = format!("bench:{master}");
        Ok(Self {
            options,
            cluster: Cluster::start(&logs.join("postgresql.log"))?,
            logs: logs.to_owned(),
            keys: KeyRing::parse(&keys_text)?,
            keys_text,
            people: Cell::new(0),
            databases: Cell::new(0),
            rabbitmq: RefCell::default(),
        })
    }

    /// Numbers of people who have not signed up anywhere yet.
    pub fn new_people(&self, count: u64) -> std::ops::Range<u64> {
        let first = self.people.get();
        self.people.set(first + count);
        first..first + count
    }

    /// An empty database of its own for a measurement.
    ///
    /// # Errors
    /// The server is gone.
    pub fn new_database(&self) -> anyhow::Result<Database<'_>> {
        let number = self.databases.get() + 1;
        self.databases.set(number);
        self.cluster.create_database(&format!("bench_{number}"))
    }

    /// A broker of its own for a measurement.
    ///
    /// # Errors
    /// See [`Broker::start`].
    pub fn new_broker(&self) -> anyhow::Result<Broker> {
        let broker = Broker::start(&self.logs.join("rabbitmq.log"))?;
        self.rabbitmq.replace(Some(broker.version()?));
        Ok(broker)
    }

    /// The settings that every service gets: where its database is, and the keys.
    pub fn settings(&self, database_url: &str) -> Settings {
        [
            ("database.url", database_url),
            ("secrets.keys", &self.keys_text),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
    }

    /// Says on standard error what is going on.
    pub fn say(&self, what: &str) {
        eprintln!("bench:   {what}");
    }

    /// What a warm-up takes before a round counts.
    pub fn warm_up(&self) -> Duration {
        Duration::from_secs_f64((self.options.seconds / 5.0).min(1.0))
    }
}

/// Declares the applications of a provider; returns the secrets of its credentials by their ids.
///
/// # Errors
/// `signupctl` fails.
pub fn declare(settings: &Settings, provider: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let file = root_file(&format!("benches/declarations/{provider}.toml"));
    let applied = signupctl(settings, &["apply", "-f", &file.to_string_lossy()])?;
    let secrets = applied["secrets"]
        .as_array()
        .context("signupctl apply names no secrets")?;
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    Ok(secrets
        .iter()
        .filter_map(|secret| {
            let name = text(&secret["credential"])?;
            let id = name.rsplit('/').next()?.to_owned();
            Some((id, text(&secret["secret"])?))
        })
        .collect())
}
