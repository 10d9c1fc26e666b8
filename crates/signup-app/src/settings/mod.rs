//! What a process needs to know before it starts.
//!
//! Sources, each overriding the one before: the compiled-in `default.toml`, the service's own
//! `default.toml`, a file, environment variables `SIGNUP__SECTION__KEY`. The known keys are exactly
//! those of the compiled-in texts, and sections `[channel.NAME]` whose keys the worker knows. Anything unknown or unacceptable stops the start, and all of it
//! is reported at once.

mod bus;
mod channel;
mod console;
mod database;
mod describe;
mod fault;
mod hash;
mod http;
mod idempotency;
mod layer;
mod limits;
mod log;
mod reader;
mod reference;
mod secrets;
#[cfg(test)]
mod tests;
mod trace;
mod webhooks;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ::config::{Config, Value, ValueKind};

use self::layer::Layer;

pub use self::bus::{BusSettings, BusUrl, LocalMessages};
pub use self::channel::is_channel_name;
pub use self::console::ConsoleSettings;
pub use self::database::{DatabaseSettings, DatabaseUrl};
pub use self::describe::DescribedSetting;
pub use self::fault::{Fault, SettingsError};
pub use self::hash::HashSettings;
pub use self::http::HttpSettings;
pub use self::idempotency::IdempotencySettings;
pub use self::layer::{ENVIRONMENT_PREFIX, process_environment};
pub use self::limits::LimitSettings;
pub use self::log::{LogFormat, LogSettings};
pub use self::reader::Reader;
pub use self::reference::{Reference, SectionReference, SettingReference, reference};
pub use self::secrets::{SecretSettings, SecretsError};
pub use self::trace::{KeptDecisions, TraceSettings};
pub use self::webhooks::WebhookSettings;
pub use self::worker::WorkerSettings;

const DEFAULTS: &str = include_str!("default.toml");

/// The section that a service's `default.toml` may fill with keys of its own.
const SERVICE_SECTION: &str = "service.";

/// The settings that all services share. `default.toml` describes every key.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `[http]`
    pub http: HttpSettings,
    /// `[database]`
    pub database: DatabaseSettings,
    /// `[secrets]`
    pub secrets: SecretSettings,
    /// `[hash]`
    pub hash: HashSettings,
    /// `[bus]`
    pub bus: BusSettings,
    /// `[worker]`
    pub worker: WorkerSettings,
    /// `[log]`
    pub log: LogSettings,
    /// `[idempotency]`
    pub idempotency: IdempotencySettings,
    /// `[webhooks]`
    pub webhooks: WebhookSettings,
    /// `[limits]`
    pub limits: LimitSettings,
    /// `[trace]`
    pub trace: TraceSettings,
    /// `[console]`
    pub console: ConsoleSettings,
    described: Vec<DescribedSetting>,
}

impl Settings {
    /// Loads the settings of a service that has no `[service]` keys.
    ///
    /// `service_defaults` is TOML that overrides compiled-in values, `file` the optional file, and
    /// `environment` usually [`process_environment`].
    ///
    /// # Errors
    /// Every fault found, none of them alone.
    pub fn load(
        service_defaults: &str,
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let (settings, ()) = Self::load_with(service_defaults, file, environment, |_| ())?;
        Ok(settings)
    }

    /// Like [`load`](Self::load); `read_service` reads the keys that the service declared under
    /// `[service]` in its defaults (`reader.duration("service.token_tolerance", ..)`), so that
    /// faults in them are part of the same report.
    ///
    /// # Errors
    /// Every fault found, none of them alone.
    pub fn load_with<S>(
        service_defaults: &str,
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        read_service: impl FnOnce(&mut Reader) -> S,
    ) -> Result<(Self, S), SettingsError> {
        let mut faults = Vec::new();
        let values = merge(service_defaults, file, environment, &mut faults);
        let mut reader = Reader::new(values, faults);
        let (mut settings, service) = Self::read(&mut reader, read_service);

        let (values, faults) = reader.into_parts();
        if !faults.is_empty() {
            return Err(SettingsError::new(faults));
        }
        settings.described = describe::describe(&values);
        Ok((settings, service))
    }

    fn read<S>(reader: &mut Reader, read_service: impl FnOnce(&mut Reader) -> S) -> (Self, S) {
        let database = DatabaseSettings::read(reader);
        let settings = Self {
            http: HttpSettings::read(reader),
            secrets: SecretSettings::read(reader, &database.url),
            database,
            hash: HashSettings::read(reader),
            bus: BusSettings::read(reader),
            worker: WorkerSettings::read(reader),
            log: LogSettings::read(reader),
            idempotency: IdempotencySettings::read(reader),
            webhooks: WebhookSettings::read(reader),
            limits: LimitSettings::read(reader),
            trace: TraceSettings::read(reader),
            console: ConsoleSettings::read(reader),
            described: Vec::new(),
        };
        let service = read_service(reader);
        (settings, service)
    }

    /// Whether this process shows messages itself instead of leaving events to a worker. With a broker it never does.
    #[must_use]
    pub fn shows_messages(&self) -> bool {
        let wanted = match self.bus.local_messages {
            LocalMessages::Auto => self.database.url.sqlite_path().is_some(),
            LocalMessages::On => true,
            LocalMessages::Off => false,
        };
        wanted && self.bus.url == BusUrl::InProcess
    }

    /// Every effective value with its source, secrets masked, in the order of the keys.
    #[must_use]
    pub fn describe(&self) -> &[DescribedSetting] {
        &self.described
    }
}

/// Puts the sources on top of each other and drops what is not known, with a fault for each.
fn merge(
    service_defaults: &str,
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<String, Value> {
    let defaults = Layer::from_toml(DEFAULTS, None, faults);
    let service = Layer::from_toml(service_defaults, None, faults);
    let own_keys = service.iter().map(|(key, _)| key);
    let known: BTreeSet<String> = defaults
        .iter()
        .map(|(key, _)| key)
        .chain(own_keys.filter(|key| key.starts_with(SERVICE_SECTION)))
        .map(str::to_owned)
        .collect();

    let mut config = Config::builder().add_source(defaults);
    let file = file.map(|path| read_file(path, faults));
    let environment = Layer::from_environment(environment);
    for mut layer in [Some(service), file, Some(environment)]
        .into_iter()
        .flatten()
    {
        layer.retain(|key, value| is_known(key, value, &known, faults));
        config = config.add_source(layer);
    }
    let mut values = BTreeMap::new();
    match config.build() {
        Ok(config) => flatten(String::new(), config.cache, &mut values),
        Err(error) => faults.push(Fault {
            key: "settings".to_owned(),
            origin: None,
            problem: error.to_string(),
            allowed: "the sources must fit together".to_owned(),
        }),
    }
    values
}

fn read_file(path: &Path, faults: &mut Vec<Fault>) -> Layer {
    match std::fs::read_to_string(path) {
        Ok(text) => Layer::from_toml(&text, Some(path), faults),
        Err(error) => {
            faults.push(Fault {
                key: path.display().to_string(),
                origin: None,
                problem: format!("cannot be read: {error}"),
                allowed: "name a readable TOML file with --config or SIGNUP_CONFIG".to_owned(),
            });
            Layer::default()
        }
    }
}

fn is_known(key: &str, value: &Value, known: &BTreeSet<String>, faults: &mut Vec<Fault>) -> bool {
    if known.contains(key) {
        return true;
    }
    if let Some(below) = key.strip_prefix(channel::SECTION) {
        return channel::is_known(key, below, value, faults);
    }
    // An empty table is a section header with nothing below it; everything else is a stray key.
    let section = format!("{key}.");
    let is_section =
        section == channel::SECTION || known.iter().any(|known| known.starts_with(&section));
    if !(is_section && matches!(value.kind, ValueKind::Table(_))) {
        faults.push(Fault {
            key: key.to_owned(),
            origin: value.origin().map(str::to_owned),
            problem: if is_section {
                "is a section, not a key".to_owned()
            } else {
                "is not a known key".to_owned()
            },
            allowed: suggestion(key, known),
        });
    }
    false
}

/// The nearest known key when one is near enough for a slip of the pen, else the keys of the section.
fn suggestion(key: &str, known: &BTreeSet<String>) -> String {
    let nearest = known
        .iter()
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(key, candidate),
                candidate,
            )
        })
        .max_by(|left, right| left.0.total_cmp(&right.0));
    if let Some((likeness, candidate)) = nearest
        && likeness > 0.75
    {
        return format!("did you mean {candidate}?");
    }
    let section = key.split('.').next().unwrap_or(key);
    let siblings: Vec<&str> = known
        .iter()
        .filter(|known| known.split('.').next() == Some(section))
        .map(String::as_str)
        .collect();
    if siblings.is_empty() {
        let sections: BTreeSet<&str> = known
            .iter()
            .filter_map(|key| key.split('.').next())
            .collect();
        let sections: Vec<&str> = sections.into_iter().collect();
        format!("the sections are {}", sections.join(", "))
    } else {
        format!("allowed here: {}", siblings.join(", "))
    }
}

fn flatten(key: String, value: Value, into: &mut BTreeMap<String, Value>) {
    match value.kind {
        ValueKind::Table(table) => {
            for (name, value) in table {
                let key = if key.is_empty() {
                    name
                } else {
                    format!("{key}.{name}")
                };
                flatten(key, value, into);
            }
        }
        _ => {
            into.insert(key, value);
        }
    }
}
