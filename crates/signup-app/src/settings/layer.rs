//! One source of settings: a TOML text or the environment, as flat `section.key` values that
//! remember where they came from.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use config::{ConfigError, Map, Source, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Fault;

/// What the name of an environment variable that holds a setting starts with.
pub const ENVIRONMENT_PREFIX: &str = "SIGNUP__";

/// The variables of this process. Unlike [`std::env::vars`] it does not panic when one of them, which
/// may be none of ours, is not Unicode.
pub fn process_environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| {
        (
            name.to_string_lossy().into_owned(),
            value.to_string_lossy().into_owned(),
        )
    })
}

#[derive(Clone, Debug, Default)]
pub(super) struct Layer {
    /// Sorted, so that the same faults are always reported in the same order.
    values: BTreeMap<String, Value>,
}

impl Layer {
    /// Parses TOML. Every syntax fault goes to `faults`; what could be read is kept, so that faults
    /// in values are reported together with them. `file` is `None` for compiled-in text.
    pub(super) fn from_toml(text: &str, file: Option<&Path>, faults: &mut Vec<Fault>) -> Self {
        let position = Position { text, file };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            faults.push(Fault {
                key: file.map_or_else(
                    || "compiled-in defaults".to_owned(),
                    |file| file.display().to_string(),
                ),
                origin: error.span().and_then(|span| position.origin(&span)),
                // Not the error's own Display: that quotes the line, which may hold a secret.
                problem: error.message().to_owned(),
                allowed: "the file must be TOML".to_owned(),
            });
        }
        let mut layer = Self::default();
        layer.flatten("", table.into_inner(), &position);
        layer
    }

    /// Takes the variables whose name starts with [`ENVIRONMENT_PREFIX`].
    pub(super) fn from_environment(variables: impl Iterator<Item = (String, String)>) -> Self {
        let values = variables
            .filter_map(|(name, value)| {
                let key = name.strip_prefix(ENVIRONMENT_PREFIX)?;
                let key = key.to_lowercase().replace("__", ".");
                Some((key, Value::new(Some(&name), value)))
            })
            .collect();
        Self { values }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value))
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&str, &Value) -> bool) {
        self.values.retain(|key, value| keep(key, value));
    }

    fn flatten(&mut self, prefix: &str, table: DeTable<'_>, position: &Position<'_>) {
        for (name, value) in table {
            let key = match prefix {
                "" => name.get_ref().to_string(),
                prefix => format!("{prefix}.{}", name.get_ref()),
            };
            let origin = position.origin(&name.span());
            match value.into_inner() {
                DeValue::Table(table) if !table.is_empty() => {
                    self.flatten(&key, table, position);
                }
                value => {
                    self.values.insert(key, leaf(origin.as_ref(), value));
                }
            }
        }
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.values.clone().into_iter().collect())
    }
}

/// Numbers stay as written: the reader knows which kind it wants and says so in its own words.
fn leaf(origin: Option<&String>, value: DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::new(origin, text.into_owned()),
        DeValue::Integer(number) => Value::new(origin, number.to_string()),
        DeValue::Float(number) => Value::new(origin, number.to_string()),
        DeValue::Boolean(flag) => Value::new(origin, flag),
        DeValue::Datetime(datetime) => Value::new(origin, datetime.to_string()),
        DeValue::Array(items) => Value::new(
            origin,
            items
                .into_iter()
                .map(Spanned::into_inner)
                .map(|item| leaf(origin, item))
                .collect::<Vec<_>>(),
        ),
        DeValue::Table(_) => Value::new(origin, Map::<String, Value>::new()),
    }
}

struct Position<'a> {
    text: &'a str,
    file: Option<&'a Path>,
}

impl Position<'_> {
    fn origin(&self, span: &Range<usize>) -> Option<String> {
        let before = self.text.as_bytes().get(..span.start)?;
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Some(format!("{}:{line}", self.file?.display()))
    }
}
