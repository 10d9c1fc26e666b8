//! The effective settings for people, with secrets masked.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use config::{Value, ValueKind};

/// One effective setting, as `signupctl doctor` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedSetting {
    /// The dotted key.
    pub key: String,
    /// The value as written; secrets and passwords inside URLs are masked.
    pub value: String,
    /// `default`, `FILE:LINE`, or the environment variable.
    pub source: String,
}

impl fmt::Display for DescribedSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}  ({})", self.key, self.value, self.source)
    }
}

pub(super) fn describe(values: &BTreeMap<String, Value>) -> Vec<DescribedSetting> {
    values
        .iter()
        .map(|(key, value)| DescribedSetting {
            key: key.clone(),
            value: shown(key, &value.kind),
            source: value.origin().unwrap_or("default").to_owned(),
        })
        .collect()
}

fn shown(key: &str, kind: &ValueKind) -> String {
    match kind {
        ValueKind::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| shown(key, &item.kind)).collect();
            format!("[{}]", items.join(", "))
        }
        scalar => {
            let text = scalar.to_string();
            match text.as_str() {
                "" => "\"\"".to_owned(),
                _ if is_secret(key) => "***".to_owned(),
                text => mask_url(text).into_owned(),
            }
        }
    }
}

/// Whether the value of `key` must never be shown: told by the last word of its name.
pub(super) fn is_secret(key: &str) -> bool {
    ["key", "keys", "secret", "password", "token"]
        .iter()
        .any(|word| {
            key.rsplit(['.', '_'])
                .next()
                .is_some_and(|last| last == *word)
        })
}

/// Hides the user, the password and the query of a URL; other text is left as it is.
pub(super) fn mask_url(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Cow::Borrowed(text);
    };
    // The last '@', and before the query is looked for: a password may hold '@' and '?' that nobody has escaped.
    let (user, rest) = match rest.rsplit_once('@') {
        Some((_, rest)) => ("***@", rest),
        None => ("", rest),
    };
    let (host, query) = match rest.split_once('?') {
        Some((host, _)) => (host, "?***"),
        None => (rest, ""),
    };
    Cow::Owned(format!("{scheme}://{user}{host}{query}"))
}
