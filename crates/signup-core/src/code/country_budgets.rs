//! SMS budgets by country.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::identifier::calling_code_length;

/// The entry for every country that has none of its own.
pub const OTHER_COUNTRIES: &str = "*";

/// Longer prefixes would name single subscribers (E.164 numbers have at least 7 digits).
const MAX_PREFIX: usize = 7;

/// Codes by SMS within a day, by the beginning of the number: `{ "86" = 10000, "1" = 200, "*" = 100 }`.
///
/// A key is an E.164 calling code, or a calling code and the first digits of the national number (`1876` for Jamaica,
/// which shares `1` with others); the longest one that fits counts. All countries without an entry share the budget of
/// `*`; without that entry they have none. 0 means that nothing may be sent there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CountryBudgets(BTreeMap<String, u32>);

impl CountryBudgets {
    /// Whether no country has a budget.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All entries: prefix or `*`, and how many codes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.0
            .iter()
            .map(|(prefix, codes)| (prefix.as_str(), *codes))
    }

    /// The entry that a number in E.164 form (`+8613800138000`) counts against.
    pub fn find(&self, number: &str) -> Option<(&str, u32)> {
        let digits = number.strip_prefix('+').unwrap_or(number);
        (1..=MAX_PREFIX)
            .rev()
            .filter_map(|length| digits.get(..length))
            .chain([OTHER_COUNTRIES])
            .find_map(|key| self.0.get_key_value(key))
            .map(|(key, codes)| (key.as_str(), *codes))
    }

    /// Finds keys that no number begins with.
    ///
    /// # Errors
    /// The first of them, and what is allowed.
    pub fn validate(&self) -> Result<(), String> {
        match self.0.keys().find(|key| !is_key(key)) {
            None => Ok(()),
            Some(key) => Err(format!(
                "{key:?} is no calling code; write one without the plus sign, such as \"86\", with further digits if \
                 need be (\"1876\", at most {MAX_PREFIX}), or \"{OTHER_COUNTRIES}\" for all other countries"
            )),
        }
    }
}

fn is_key(key: &str) -> bool {
    key == OTHER_COUNTRIES
        || key.len() <= MAX_PREFIX
            && key.bytes().all(|byte| byte.is_ascii_digit())
            && calling_code_length(key).is_some_and(|length| key.len() >= length)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn budgets(json: &str) -> CountryBudgets {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_longest_entry_that_fits_counts() {
        let some = budgets(r#"{"86": 10, "1": 20, "1876": 0, "*": 5}"#);
        for (number, entry) in [
            ("+8613800138000", ("86", 10)),
            ("+12025550123", ("1", 20)),
            ("+18765550123", ("1876", 0)),
            ("+447700900123", ("*", 5)),
            ("+85261234567", ("*", 5)),
        ] {
            assert_eq!(some.find(number), Some(entry), "{number}");
        }
        assert_eq!(budgets(r#"{"86": 10}"#).find("+12025550123"), None);
        assert_eq!(CountryBudgets::default().find("+8613800138000"), None);
    }

    #[test]
    fn a_key_that_no_number_begins_with_is_refused() {
        budgets(r#"{"86": 1, "1": 1, "852": 1, "1876": 1, "*": 0}"#)
            .validate()
            .unwrap();
        for key in ["", "+86", "0", "8", "85", "CN", "86 ", "**", "86138001"] {
            let problem = CountryBudgets([(key.to_owned(), 1)].into()).validate();
            assert!(problem.unwrap_err().contains(&format!("{key:?}")), "{key}");
        }
    }
}
