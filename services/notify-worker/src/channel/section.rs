//! Reading one `[channel.NAME]` section: its keys depend on its kind, and what nobody reads is a fault.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use signup_app::settings::Reader;
use signup_core::mask::Secret;
use url::{Host, Url};

/// The name of the section that all providers' sections are below.
pub(super) const CHANNEL: &str = "channel";

pub(super) struct Section<'a> {
    reader: &'a mut Reader,
    name: &'a str,
    known: BTreeSet<String>,
}

impl<'a> Section<'a> {
    pub(super) fn new(reader: &'a mut Reader, name: &'a str) -> Self {
        Self {
            reader,
            name,
            known: BTreeSet::new(),
        }
    }

    /// The text of a key that must be set; `allowed` reads as the end of a sentence ("must be ...").
    pub(super) fn required<T>(
        &mut self,
        key: &str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let key = self.key(key, "");
        if self.reader.text(&key).is_empty() {
            self.reader.fault(&key, "is not set", allowed);
            return None;
        }
        self.reader.parsed(&key, allowed, parse)
    }

    /// A text that must be set.
    pub(super) fn required_text(&mut self, key: &str, allowed: &str) -> String {
        self.required(key, allowed, |text| Some(text.to_owned()))
            .unwrap_or_default()
    }

    /// A text that may be left out.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        let key = self.key(key, "");
        Some(self.reader.text(&key)).filter(|text| !text.is_empty())
    }

    /// What is parsed from a key that may be left out.
    pub(super) fn optional<T>(
        &mut self,
        key: &str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.text(key)?;
        let key = self.key(key, "");
        self.reader.parsed(&key, allowed, parse)
    }

    pub(super) fn integer<N>(&mut self, key: &str, default: N, range: RangeInclusive<N>) -> N
    where
        N: Copy + PartialOrd + Display + FromStr,
    {
        let key = self.key(key, &default.to_string());
        self.reader.integer(&key, range)
    }

    pub(super) fn duration(
        &mut self,
        key: &str,
        default: &str,
        range: RangeInclusive<Duration>,
    ) -> Duration {
        let key = self.key(key, default);
        self.reader.duration(&key, range)
    }

    /// A list; its faults are those of its items.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        default: &str,
        allowed: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let key = self.key(key, default);
        self.reader.list(&key, allowed, parse)
    }

    /// A secret that must be set: in `key`, or in the file that `key_file` names.
    pub(super) fn required_secret(&mut self, key: &str) -> Secret<String> {
        let secret = self.secret(key);
        if secret.is_none() && !self.is_set(key) && !self.is_set(&file_key(key)) {
            let allowed = format!("set it, or name a file that holds it in {}", file_key(key));
            self.fault(key, "is not set", allowed);
        }
        secret.unwrap_or_else(|| Secret::new(String::new()))
    }

    /// A secret that may be left out. Line breaks at the end of a file do not count.
    pub(super) fn secret(&mut self, key: &str) -> Option<Secret<String>> {
        let inline = self.text(key).map(Secret::new);
        let file = self.text(&file_key(key));
        match (inline, file) {
            (inline, None) => inline,
            (None, Some(path)) => self.secret_file(&file_key(key), &path),
            (Some(_), Some(_)) => {
                let problem = format!("is set together with {key}");
                self.fault(&file_key(key), problem, "set one of the two");
                None
            }
        }
    }

    fn secret_file(&mut self, key: &str, path: &str) -> Option<Secret<String>> {
        let problem = match std::fs::read_to_string(Path::new(path)).map(Secret::new) {
            Ok(text) => {
                let secret = text.expose().trim_end_matches(['\r', '\n']);
                if !secret.is_empty() {
                    return Some(Secret::new(secret.to_owned()));
                }
                format!("names {path}, which is empty")
            }
            Err(error) => format!("names {path}, which cannot be read: {error}"),
        };
        self.fault(key, problem, "must name a readable file with the secret");
        None
    }

    /// The URL of a vendor's API or of a hook. Codes travel there, so it is `https`, except to this machine or, with
    /// `may_be_plain`, to a network that the operator trusts.
    pub(super) fn url(&mut self, key: &str, default: &str, may_be_plain: bool) -> Option<Url> {
        let allowed = if may_be_plain {
            "must be https://... or http://..."
        } else {
            "must be https://HOST, or http:// on this machine"
        };
        let key = self.key(key, default);
        if self.reader.text(&key).is_empty() {
            self.reader.fault(&key, "is not set", allowed);
            return None;
        }
        self.reader.parsed(&key, allowed, |text| {
            let url = Url::parse(text).ok()?;
            let is_bare = may_be_plain
                || (url.path() == "/" && url.query().is_none() && url.username().is_empty());
            let is_safe = url.scheme() == "https"
                || (url.scheme() == "http" && (may_be_plain || is_loopback(url.host())));
            (is_bare && is_safe && url.has_host()).then_some(url)
        })
    }

    pub(super) fn is_set(&mut self, key: &str) -> bool {
        self.text(key).is_some()
    }

    pub(super) fn fault(
        &mut self,
        key: &str,
        problem: impl Into<String>,
        allowed: impl Into<String>,
    ) {
        let key = self.key(key, "");
        self.reader.fault(&key, problem, allowed);
    }

    /// A fault for every key that was not asked for.
    pub(super) fn finish(self) {
        let section = format!("{CHANNEL}.{}", self.name);
        for name in self.reader.names_below(&section) {
            if !self.known.contains(&name) {
                let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
                self.reader.fault(
                    &format!("{section}.{name}"),
                    "is not a known key",
                    format!("allowed here: {}", known.join(", ")),
                );
            }
        }
    }

    fn key(&mut self, key: &str, default: &str) -> String {
        self.known.insert(key.to_owned());
        let key = format!("{CHANNEL}.{}.{key}", self.name);
        self.reader.default_to(&key, default);
        key
    }
}

fn file_key(key: &str) -> String {
    format!("{key}_file")
}

pub(super) fn is_loopback(host: Option<Host<&str>>) -> bool {
    match host {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
