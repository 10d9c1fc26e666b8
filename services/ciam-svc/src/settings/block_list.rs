//! E-mail addresses that get no codes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use signup_core::identifier::EmailAddress;

/// Addresses (`spam@example.com`) and domains (`example.com`, which covers its subdomains).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct EmailBlockList {
    entries: BTreeSet<String>,
}

/// An entry that is neither an address nor a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockListError(String);

impl std::fmt::Display for BlockListError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}` is neither an e-mail address nor a domain such as example.com",
            self.0
        )
    }
}

impl EmailBlockList {
    /// Whether the address is on the list, in whatever spelling.
    pub fn contains(&self, address: &EmailAddress) -> bool {
        self.entries.contains(address.key())
            || parents(address.domain()).any(|domain| self.entries.contains(domain))
    }
}

/// The domain itself, and every domain that it is below of.
fn parents(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |domain| {
        domain.split_once('.').map(|(_, parent)| parent)
    })
}

impl TryFrom<Vec<String>> for EmailBlockList {
    type Error = BlockListError;

    fn try_from(entries: Vec<String>) -> Result<Self, BlockListError> {
        let entries = entries.into_iter().map(|entry| {
            let key = if entry.contains('@') {
                EmailAddress::parse(&entry).map(|address| address.key().to_owned())
            } else {
                // A domain is normalised the way that the domains of addresses are.
                EmailAddress::parse(&format!("x@{entry}"))
                    .map(|address| address.domain().to_owned())
            };
            key.map_err(|_| BlockListError(entry))
        });
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
        })
    }
}

impl From<EmailBlockList> for Vec<String> {
    fn from(list: EmailBlockList) -> Self {
        list.entries.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_blocked(entries: &[&str], address: &str) -> bool {
        let entries: Vec<_> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        EmailBlockList::try_from(entries)
            .unwrap()
            .contains(&EmailAddress::parse(address).unwrap())
    }

    #[test]
    fn an_address_is_blocked_in_every_spelling() {
        assert!(is_blocked(&["Spam@Example.com"], "spam@EXAMPLE.com"));
        assert!(!is_blocked(&["spam@example.com"], "ham@example.com"));
    }

    #[test]
    fn a_domain_is_blocked_with_its_subdomains() {
        assert!(is_blocked(&["Bücher.example"], "a@xn--bcher-kva.example"));
        assert!(is_blocked(&["example.com"], "a@mail.example.com"));
        assert!(!is_blocked(&["example.com"], "a@notexample.com"));
    }

    #[test]
    fn an_entry_that_is_neither_is_refused() {
        let error = EmailBlockList::try_from(vec!["not a domain".to_owned()]).unwrap_err();
        assert!(error.to_string().starts_with("`not a domain` is neither"));
    }
}
