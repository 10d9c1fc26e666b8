//! Declaration files: what operators keep in git about directories and applications.
//!
//! One TOML file declares applications of one provider. Unknown keys are refused with file, line, key and the allowed
//! names; the provider's own part is read as the provider's own types.

mod keys;
mod place;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signup_core::application::Rules;
use signup_core::credential::CredentialKind;
use signup_store::ApplicationRecord;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use self::keys::GENERAL;

/// Settings of a provider's own shape.
pub trait Declarable: Serialize + DeserializeOwned + Default {
    /// Finds what the types alone cannot rule out.
    ///
    /// # Errors
    /// What is wrong and what is allowed, naming the key.
    fn validate(&self) -> Result<(), String>;
}

/// A file that was read and found good.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The file.
    pub path: PathBuf,
    /// The provider of everything in it.
    pub provider: String,
    /// Directories: id, settings.
    pub directories: Vec<(String, Value)>,
    /// Applications.
    pub applications: Vec<ApplicationRecord>,
    /// The line in which each application names its directory, or itself if it names none, by the application's id.
    pub directory_lines: HashMap<String, usize>,
    /// Credentials that applications are to have.
    pub credentials: Vec<DeclaredCredential>,
}

/// A credential that an application is to have. Its secret is not in the file: we make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredCredential {
    /// The application.
    pub application: String,
    /// What it is used for.
    pub kind: CredentialKind,
    /// Its id.
    pub id: String,
    /// The line of its id.
    pub line: usize,
}

impl Declared {
    /// Refuses what is well written but does not go with what is stored.
    pub(crate) fn refused(&self, line: usize, problem: String) -> DeclarationError {
        DeclarationError {
            path: self.path.clone(),
            line,
            problem,
        }
    }
}

/// Why a file was refused.
#[derive(Debug, thiserror::Error)]
#[error("{}:{line}: {problem}", path.display())]
pub struct DeclarationError {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, and what is allowed.
    pub problem: String,
}

/// The provider that a file is for, before the rest of it is looked at.
///
/// # Errors
/// The file is no TOML or does not name a provider.
pub fn provider_of(path: &Path, text: &str) -> Result<String, DeclarationError> {
    #[derive(Deserialize)]
    struct Head {
        provider: String,
    }
    let head: Head = toml::from_str(text).map_err(|error| refuse(path, text, &error))?;
    Ok(head.provider)
}

/// Reads a file of the provider whose directory settings are `D`, application settings `A` and credential kinds `kinds`.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn read<D: Declarable, A: Declarable>(
    path: &Path,
    text: &str,
    kinds: &[CredentialKind],
) -> Result<Declared, DeclarationError> {
    let file: File<D, A> = toml::from_str(text).map_err(|error| refuse(path, text, &error))?;
    let reader = Reader { path, text };
    reader.plain_texts()?;
    reader.check(file, kinds)
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    bound(deserialize = "D: Declarable, A: Declarable")
)]
struct File<D, A> {
    provider: String,
    #[serde(default = "Vec::new", rename = "directory")]
    directories: Vec<DirectoryTable<D>>,
    #[serde(default = "Vec::new", rename = "application")]
    applications: Vec<ApplicationTable<A>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "D: Declarable"))]
struct DirectoryTable<D> {
    id: Spanned<String>,
    #[serde(default)]
    settings: D,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "A: Declarable"))]
struct ApplicationTable<A> {
    id: Spanned<String>,
    /// The directory; an application without one gets one of its own, with its own id.
    directory: Option<Spanned<String>>,
    name: Option<String>,
    #[serde(default = "enabled")]
    enabled: bool,
    #[serde(default)]
    rules: Rules,
    #[serde(default)]
    settings: A,
    #[serde(default, rename = "credential")]
    credentials: Vec<CredentialTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialTable {
    kind: Spanned<String>,
    id: Spanned<String>,
}

const fn enabled() -> bool {
    true
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn check<D: Declarable, A: Declarable>(
        &self,
        file: File<D, A>,
        kinds: &[CredentialKind],
    ) -> Result<Declared, DeclarationError> {
        let mut declared = Declared {
            path: self.path.to_owned(),
            provider: file.provider,
            directories: Vec::new(),
            applications: Vec::new(),
            directory_lines: HashMap::new(),
            credentials: Vec::new(),
        };
        let mut directory_ids = HashSet::new();
        for directory in file.directories {
            self.id(&directory.id)?;
            self.valid(&directory.id, &directory.settings)?;
            if !directory_ids.insert(directory.id.get_ref().clone()) {
                return Err(self.fault(&directory.id, "this directory is declared twice"));
            }
            let settings = self.json(&directory.id, &directory.settings)?;
            declared
                .directories
                .push((directory.id.into_inner(), settings));
        }
        let mut application_ids = HashSet::new();
        for (index, application) in file.applications.into_iter().enumerate() {
            if !application_ids.insert(application.id.get_ref().clone()) {
                return Err(self.fault(&application.id, "this application is declared twice"));
            }
            if application.directory.is_none()
                && directory_ids.insert(application.id.get_ref().clone())
            {
                let settings = self.json(&application.id, &D::default())?;
                declared
                    .directories
                    .push((application.id.get_ref().clone(), settings));
            }
            self.messages(index, &application)?;
            self.application(application, &directory_ids, kinds, &mut declared)?;
        }
        Ok(declared)
    }

    fn application<A: Declarable>(
        &self,
        application: ApplicationTable<A>,
        directories: &HashSet<String>,
        kinds: &[CredentialKind],
        declared: &mut Declared,
    ) -> Result<(), DeclarationError> {
        let id = &application.id;
        self.id(id)?;
        self.valid(id, &application.settings)?;
        application
            .rules
            .password
            .validate()
            .map_err(|problem| self.fault(id, &format!("rules.password: {problem}")))?;
        application
            .rules
            .sending
            .validate()
            .map_err(|problem| self.fault(id, &format!("rules.sending.{problem}")))?;
        if let Some(directory) = &application.directory
            && !directories.contains(directory.get_ref())
        {
            let problem =
                "this directory is not declared in this file; add a [[directory]] with this id";
            return Err(self.fault(directory, problem));
        }
        for credential in &application.credentials {
            declared
                .credentials
                .push(self.credential(id.get_ref(), credential, kinds)?);
        }
        let place = application.directory.as_ref().unwrap_or(id);
        let line = line_of(self.text, place.span().start);
        declared.directory_lines.insert(id.get_ref().clone(), line);
        declared.applications.push(ApplicationRecord {
            provider: declared.provider.clone(),
            directory: application
                .directory
                .map_or_else(|| id.get_ref().clone(), Spanned::into_inner),
            name: application.name.unwrap_or_else(|| id.get_ref().clone()),
            enabled: application.enabled,
            rules: self.json(id, &application.rules)?,
            settings: self.json(id, &application.settings)?,
            id: application.id.into_inner(),
        });
        Ok(())
    }

    /// Texts are long tables of their own, so a fault in them names its own line and not the application's.
    fn messages<A>(
        &self,
        index: usize,
        application: &ApplicationTable<A>,
    ) -> Result<(), DeclarationError> {
        let Err(fault) = application.rules.messages.validate() else {
            return Ok(());
        };
        let key = ["rules", "messages"].into_iter();
        let key = key.chain(fault.key.iter().map(String::as_str));
        let offset = find_key(self.text, index, key).unwrap_or(application.id.span().start);
        Err(DeclarationError {
            path: self.path.to_owned(),
            line: line_of(self.text, offset),
            problem: format!("`{}`: rules.messages.{fault}", application.id.get_ref()),
        })
    }

    /// No text and no key holds control characters, for PostgreSQL keeps no NUL and terminals obey the others. Only messages
    /// have line ends and tabs.
    fn plain_texts(&self) -> Result<(), DeclarationError> {
        let file =
            DeTable::parse(self.text).map_err(|error| refuse(self.path, self.text, &error))?;
        let Some(found) = find_control(file.get_ref(), false) else {
            return Ok(());
        };
        Err(DeclarationError {
            path: self.path.to_owned(),
            line: line_of(self.text, found.offset),
            problem: format!(
                "`{}` holds the control character U+{:04X}; take it out",
                found.key.escape_debug(),
                u32::from(found.character)
            ),
        })
    }

    fn credential(
        &self,
        application: &str,
        table: &CredentialTable,
        kinds: &[CredentialKind],
    ) -> Result<DeclaredCredential, DeclarationError> {
        self.id(&table.id)?;
        let kind = table.kind.get_ref().parse().ok();
        let kind = kind.filter(|kind| kinds.contains(kind)).ok_or_else(|| {
            let names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
            self.fault(
                &table.kind,
                &format!(
                    "unknown kind of credential, expected one of {}",
                    names.join(", ")
                ),
            )
        })?;
        Ok(DeclaredCredential {
            application: application.to_owned(),
            kind,
            id: table.id.get_ref().clone(),
            line: line_of(self.text, table.id.span().start),
        })
    }

    fn id(&self, id: &Spanned<String>) -> Result<(), DeclarationError> {
        check_id(id.get_ref()).map_err(|problem| self.fault(id, problem))
    }

    fn valid<T: Declarable>(
        &self,
        id: &Spanned<String>,
        settings: &T,
    ) -> Result<(), DeclarationError> {
        settings
            .validate()
            .map_err(|problem| self.fault(id, &format!("settings: {problem}")))
    }

    fn json<T: Serialize>(
        &self,
        id: &Spanned<String>,
        settings: &T,
    ) -> Result<Value, DeclarationError> {
        serde_json::to_value(settings).map_err(|error| self.fault(id, &error.to_string()))
    }

    fn fault(&self, place: &Spanned<String>, problem: &str) -> DeclarationError {
        DeclarationError {
            path: self.path.to_owned(),
            line: line_of(self.text, place.span().start),
            problem: format!("`{}`: {problem}", place.get_ref()),
        }
    }
}

/// Whether something declared can have this id. Ids end up in URLs, headers, metrics and keys of tables: short and plain.
///
/// # Errors
/// What an id is made of.
pub fn check_id(id: &str) -> Result<(), &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=64).contains(&id.len()) && id.bytes().all(is_plain) {
        Ok(())
    } else {
        Err("an id has 1 to 64 letters, digits, '-', '_' or '.'")
    }
}

fn refuse(path: &Path, text: &str, error: &toml::de::Error) -> DeclarationError {
    let span = error.span();
    let mut problem = error.message().to_owned();
    if let Some(key) = span.as_ref().and_then(|span| place::key_at(text, span)) {
        problem.push_str(&format!(", in `{key}`"));
        if problem.starts_with("invalid ")
            && let Some(accepted) = keys::accepted(&key)
        {
            problem.push_str(&format!("; it must be {accepted}"));
        }
    }
    DeclarationError {
        path: path.to_owned(),
        line: line_of(text, span.map_or(0, |span| span.start)),
        problem,
    }
}

/// Where the last key of a path below the `index`th application begins, or the last one of them that is written.
fn find_key<'a>(text: &str, index: usize, path: impl Iterator<Item = &'a str>) -> Option<usize> {
    let file = DeTable::parse(text).ok()?;
    let DeValue::Array(applications) = file.get_ref().get("application")?.get_ref() else {
        return None;
    };
    let mut value = applications.get(index)?.get_ref();
    let mut found = None;
    for name in path {
        let DeValue::Table(table) = value else {
            break;
        };
        let Some((key, below)) = table.get_key_value(name) else {
            break;
        };
        found = Some(key.span().start);
        value = below.get_ref();
    }
    found
}

/// A control character where none may stand.
struct Control<'a> {
    key: &'a str,
    character: char,
    offset: usize,
}

fn find_control<'a>(table: &'a DeTable<'_>, in_messages: bool) -> Option<Control<'a>> {
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref().as_ref();
        if let Some(character) = name.chars().find(|character| character.is_control()) {
            return Some(Control {
                key: name,
                character,
                offset: key.span().start,
            });
        }
        find_control_in(name, value, in_messages || name == "messages")
    })
}

fn find_control_in<'a>(
    key: &'a str,
    value: &'a Spanned<DeValue<'_>>,
    in_messages: bool,
) -> Option<Control<'a>> {
    match value.get_ref() {
        DeValue::String(text) => {
            let is_wrong = |character: &char| {
                character.is_control() && !(in_messages && "\n\r\t".contains(*character))
            };
            let character = text.chars().find(is_wrong)?;
            Some(Control {
                key,
                character,
                offset: value.span().start,
            })
        }
        DeValue::Array(items) => items
            .iter()
            .find_map(|item| find_control_in(key, item, in_messages)),
        DeValue::Table(table) => find_control(table, in_messages),
        _ => None,
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
}
