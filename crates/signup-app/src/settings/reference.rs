//! Every setting, described from what is compiled in: values and comments of `default.toml`, and what the readers accept.

use std::collections::BTreeMap;

use serde::Serialize;

use super::fault::SettingsError;
use super::layer::ENVIRONMENT_PREFIX;
use super::reader::Reader;
use super::{DEFAULTS, Settings, merge};

/// What a comment above a section begins with that says which programs read it.
const READ_BY: &str = "Read by: ";

/// What the reader says of a key that none of the others can have.
const ANY_TEXT: &str = "any text";

/// The whole description.
#[derive(Clone, Debug, Serialize)]
pub struct Reference {
    /// How settings are given, in sentences.
    pub introduction: String,
    /// The sections in the order of the file.
    pub sections: Vec<SectionReference>,
}

/// A section.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SectionReference {
    /// Its name, without brackets.
    pub name: String,
    /// The programs that read it.
    pub read_by: String,
    /// What is to be said of no single key, one paragraph each.
    pub notes: Vec<String>,
    /// Its settings.
    pub settings: Vec<SettingReference>,
}

/// A setting.
#[derive(Clone, Debug, Serialize)]
pub struct SettingReference {
    /// The dotted key, `http.port`.
    pub key: String,
    /// The environment variable, `SIGNUP__HTTP__PORT`.
    pub variable: String,
    /// The compiled-in value, as TOML writes it.
    pub default: String,
    /// What is accepted: range and unit, or the words.
    pub accepted: String,
    /// What it is for. Keys that stand together share one.
    pub description: String,
}

/// Describes every setting. `read_others` reads the keys that a program beside the services reads, as it would from
/// [`Settings::load_with`].
///
/// # Errors
/// The compiled-in settings are faulty: a fault in this program.
pub fn reference<S>(
    read_others: impl FnOnce(&mut Reader) -> S,
) -> Result<Reference, SettingsError> {
    let mut faults = Vec::new();
    let values = merge("", None, std::iter::empty(), &mut faults);
    let mut reader = Reader::new(values, faults);
    Settings::read(&mut reader, read_others);
    let allowed = reader.allowed().clone();
    let (_, faults) = reader.into_parts();
    if faults.is_empty() {
        Ok(parse(DEFAULTS, &allowed))
    } else {
        Err(SettingsError::new(faults))
    }
}

/// Reads a commented TOML text of sections with one key per line. A comment belongs to the key below it; one that a blank
/// line follows belongs to its section.
fn parse(text: &str, allowed: &BTreeMap<String, String>) -> Reference {
    let mut reference = Reference {
        introduction: String::new(),
        sections: Vec::new(),
    };
    let mut comment: Vec<&str> = Vec::new();
    let mut read_by = "";
    let mut shared = String::new();
    for line in text.lines() {
        let line = line.trim_end();
        if let Some(programs) = line
            .strip_prefix("# ")
            .and_then(|rest| rest.strip_prefix(READ_BY))
        {
            read_by = programs;
        } else if let Some(words) = line.strip_prefix('#') {
            comment.push(words.trim());
        } else if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            reference.sections.push(SectionReference {
                name: name.to_owned(),
                read_by: std::mem::take(&mut read_by).to_owned(),
                notes: Vec::new(),
                settings: Vec::new(),
            });
        } else if let Some((key, value)) = line.split_once(" = ") {
            if !comment.is_empty() {
                shared = std::mem::take(&mut comment).join(" ");
            }
            if let Some(section) = reference.sections.last_mut() {
                let setting = setting(&section.name, key, value, &shared, allowed);
                section.settings.push(setting);
            }
        } else if !comment.is_empty() {
            let paragraph = std::mem::take(&mut comment).join(" ");
            match reference.sections.last_mut() {
                Some(section) => section.notes.push(paragraph),
                None => reference.introduction = paragraph,
            }
        }
    }
    reference
}

fn setting(
    section: &str,
    key: &str,
    value: &str,
    description: &str,
    allowed: &BTreeMap<String, String>,
) -> SettingReference {
    let dotted = format!("{section}.{key}");
    let accepted = allowed.get(&dotted).map_or(ANY_TEXT, String::as_str);
    SettingReference {
        variable: format!(
            "{ENVIRONMENT_PREFIX}{}__{}",
            section.to_uppercase(),
            key.to_uppercase()
        ),
        default: value.to_owned(),
        accepted: accepted
            .strip_prefix("must be ")
            .unwrap_or(accepted)
            .to_owned(),
        description: description.to_owned(),
        key: dotted,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::settings::tests::load_defaults;

    #[test]
    fn every_setting_is_described_with_what_is_accepted_and_who_reads_it() {
        let reference = reference(|reader| {
            // These two are the worker's.
            for key in ["worker.email", "worker.sms"] {
                reader.list(key, "must be names", |name| Some(name.to_owned()));
            }
        })
        .unwrap();
        assert!(reference.introduction.contains("SIGNUP__SECTION__KEY"));
        let mut keys = Vec::new();
        for section in &reference.sections {
            assert!(
                !section.read_by.is_empty(),
                "[{}]: who reads it?",
                section.name
            );
            for setting in &section.settings {
                assert!(
                    !setting.description.is_empty(),
                    "{}: what is it?",
                    setting.key
                );
                assert_ne!(
                    setting.accepted, ANY_TEXT,
                    "{}: what may it be?",
                    setting.key
                );
                keys.push(setting.key.clone());
            }
        }
        keys.sort();
        assert_eq!(keys, load_defaults(), "the reader of comments missed a key");
    }

    #[test]
    fn a_comment_belongs_to_the_key_below_it_or_to_its_section() {
        let text = "# About all.\n\n# Read by: services\n[http]\n# Where to\n# listen.\nhost = \"::1\"\nport = 1\n# Beside.\n\n";
        let allowed = BTreeMap::from([("http.port".to_owned(), "must be a number".to_owned())]);
        let reference = parse(text, &allowed);
        assert_eq!(reference.introduction, "About all.");
        let section = &reference.sections[0];
        assert_eq!(
            (section.read_by.as_str(), section.notes.as_slice()),
            ("services", ["Beside.".to_owned()].as_slice())
        );
        let [host, port] = section.settings.as_slice() else {
            panic!("{section:?}");
        };
        assert_eq!(host.description, "Where to listen.");
        assert_eq!(host.description, port.description);
        assert_eq!(
            (
                port.variable.as_str(),
                port.default.as_str(),
                port.accepted.as_str()
            ),
            ("SIGNUP__HTTP__PORT", "1", "a number")
        );
    }
}
