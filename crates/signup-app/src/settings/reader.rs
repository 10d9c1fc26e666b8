//! Reads typed values out of the merged settings and collects what is wrong with them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use config::{Value, ValueKind};
use jiff::SignedDuration;

use super::describe::{is_secret, mask_url};
use super::fault::Fault;

/// Typed access to settings. A getter that finds a bad value notes a fault and returns a
/// placeholder; the placeholder never gets out, because loading fails when there is any fault.
#[derive(Debug)]
pub struct Reader {
    values: BTreeMap<String, Value>,
    faults: Vec<Fault>,
    allowed: BTreeMap<String, String>,
}

impl Reader {
    pub(super) fn new(values: BTreeMap<String, Value>, faults: Vec<Fault>) -> Self {
        Self {
            values,
            faults,
            allowed: BTreeMap::new(),
        }
    }

    /// What each key that was read so far may hold, in the words of its fault.
    pub(super) fn allowed(&self) -> &BTreeMap<String, String> {
        &self.allowed
    }

    /// Says what a key may hold that is read as a plain text.
    pub(super) fn allows(&mut self, key: &str, allowed: &str) {
        self.allowed.insert(key.to_owned(), allowed.to_owned());
    }

    pub(super) fn into_parts(self) -> (BTreeMap<String, Value>, Vec<Fault>) {
        (self.values, self.faults)
    }

    /// The names right below a section that any source has set something for, such as `main` for `channel.main.kind`
    /// below `channel`, in their order.
    pub fn names_below(&self, section: &str) -> Vec<String> {
        let prefix = format!("{section}.");
        let mut names: Vec<String> = self
            .values
            .keys()
            .filter_map(|key| key.strip_prefix(&prefix)?.split('.').next())
            .map(str::to_owned)
            .collect();
        names.dedup();
        names
    }

    /// Gives a key a value if no source has set it: for keys whose names no compiled-in text can hold.
    pub fn default_to(&mut self, key: &str, value: &str) {
        self.values
            .entry(key.to_owned())
            .or_insert_with(|| Value::new(None, value.to_owned()));
    }

    /// The text of `key`, trimmed; empty when it is not set.
    pub fn text(&mut self, key: &str) -> String {
        let Some(value) = self.values.get(key) else {
            self.fault(
                key,
                "has no default",
                "every key needs one in a default.toml",
            );
            return String::new();
        };
        match &value.kind {
            ValueKind::Table(_) | ValueKind::Array(_) => {
                self.fault(key, "is a table or a list", "must be a single value");
                String::new()
            }
            scalar => scalar.to_string().trim().to_owned(),
        }
    }

    /// A whole number within `range`.
    pub fn integer<N>(&mut self, key: &str, range: RangeInclusive<N>) -> N
    where
        N: Copy + PartialOrd + Display + FromStr,
    {
        let (low, high) = (*range.start(), *range.end());
        let allowed = format!("must be a whole number from {low} to {high}");
        self.parsed(key, &allowed, |text| {
            text.parse().ok().filter(|number| range.contains(number))
        })
        .unwrap_or(low)
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &str) -> bool {
        self.parsed(key, "must be true or false", |text| text.parse().ok())
            .unwrap_or_default()
    }

    /// A duration such as `"30s"`, within `range`.
    pub fn duration(&mut self, key: &str, range: RangeInclusive<Duration>) -> Duration {
        let low = *range.start();
        let allowed = format!(
            "must be a number with a unit, such as \"30s\", from {:#} to {:#}",
            friendly(low),
            friendly(*range.end())
        );
        self.parsed(key, &allowed, |text| {
            let duration: SignedDuration = text.parse().ok()?;
            let duration = Duration::try_from(duration).ok()?;
            range.contains(&duration).then_some(duration)
        })
        .unwrap_or(low)
    }

    /// A list: an array in a file, comma-separated in the environment. Each bad item is a fault.
    pub fn list<T>(
        &mut self,
        key: &str,
        allowed: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        self.allows(key, allowed);
        let items: Vec<String> = match self.values.get(key).map(|value| &value.kind) {
            Some(ValueKind::Array(items)) => {
                items.iter().map(|item| item.kind.to_string()).collect()
            }
            _ => self.text(key).split(',').map(str::to_owned).collect(),
        };
        let mut parsed = Vec::new();
        for item in items.iter().map(|item| item.trim()) {
            match parse(item) {
                _ if item.is_empty() => {}
                Some(value) => parsed.push(value),
                None => self.bad_value(key, item, allowed),
            }
        }
        parsed
    }

    /// Any other type: `parse` returns `None` for a bad value. `allowed` says what is right and
    /// reads as the end of a sentence ("must be ...").
    pub fn parsed<T>(
        &mut self,
        key: &str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.allows(key, allowed);
        let known_faults = self.faults.len();
        let text = self.text(key);
        if self.faults.len() > known_faults {
            return None;
        }
        let value = parse(&text);
        if value.is_none() {
            self.bad_value(key, &text, allowed);
        }
        value
    }

    /// Notes a fault of `key` that a getter cannot see, such as two values that exclude each other.
    pub fn fault(&mut self, key: &str, problem: impl Into<String>, allowed: impl Into<String>) {
        self.faults.push(Fault {
            key: key.to_owned(),
            origin: self
                .values
                .get(key)
                .and_then(Value::origin)
                .map(str::to_owned),
            problem: problem.into(),
            allowed: allowed.into(),
        });
    }

    fn bad_value(&mut self, key: &str, value: &str, allowed: &str) {
        let problem = if value.is_empty() {
            "is empty".to_owned()
        } else if is_secret(key) {
            "has a bad value (not shown, it is secret)".to_owned()
        } else {
            let shown: String = mask_url(value).chars().take(100).collect();
            format!("{shown:?} is not accepted")
        };
        self.fault(key, problem, allowed);
    }
}

fn friendly(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
