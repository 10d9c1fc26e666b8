//! From the fields of a line to a user who can be written.

use std::ops::RangeInclusive;
use std::sync::Arc;

use serde_json::{Map, Value};
use signup_app::catalog::Catalog;
use signup_app::import::{Given, Newcomer};
use signup_core::application::Application;
use signup_core::password::BCRYPT_COSTS;

use crate::cli::ImportArgs;
use crate::failure::Misuse;
use crate::providers::{self, Entry};
use crate::workplace::now;

/// What a line is checked with.
pub struct Checks<'a> {
    catalog: &'a Catalog,
    costs: RangeInclusive<u32>,
    /// For lines that name no application.
    default: Option<(&'static Entry, Arc<Application>)>,
    /// The file's name, for the origin of each user.
    file: &'a str,
}

impl<'a> Checks<'a> {
    /// Finds the application that the command line names.
    ///
    /// # Errors
    /// There is none.
    pub fn new(
        catalog: &'a Catalog,
        arguments: &ImportArgs,
        file: &'a str,
    ) -> Result<Self, Misuse> {
        let default = match &arguments.application {
            None => None,
            Some(name) => Some(named(catalog, name)?),
        };
        Ok(Self {
            catalog,
            costs: arguments.min_cost..=*BCRYPT_COSTS.end(),
            default,
            file,
        })
    }

    /// Makes a user of the fields of line `number`.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub fn check(&self, fields: Map<String, Value>, number: u64) -> Result<Newcomer, String> {
        let given = Given::read(fields, self.costs.clone(), now())?;
        let (entry, application) = self.application(&given)?;
        let checked = (entry.import.check)(&given.user, &application)?;
        let origin = format!("{}:{number}", self.file);
        Newcomer::new(given, checked, &application, entry.import, &origin)
    }

    fn application(&self, given: &Given) -> Result<(&'static Entry, Arc<Application>), String> {
        let entry = match (&given.provider, &self.default) {
            (Some(name), _) => providers::find(name).map_err(|misuse| misuse.to_string())?,
            (None, Some((entry, _))) => *entry,
            (None, None) => {
                return Err("provider is missing; name it, or give --application".to_owned());
            }
        };
        let provider = entry.name;
        let application = match (&given.application, &given.directory) {
            (Some(id), None) => self.catalog.application(provider, id).ok_or_else(|| {
                "the provider has no such application; list them with: signupctl app list"
                    .to_owned()
            })?,
            (Some(id), Some(directory)) => self
                .catalog
                .application(provider, id)
                .filter(|found| *directory == found.directory.id)
                .ok_or_else(|| {
                    "there is no such application in this directory of the provider".to_owned()
                })?,
            (None, Some(directory)) => self.of_directory(provider, directory)?,
            (None, None) => match &self.default {
                Some((default, application)) if default.name == provider => Arc::clone(application),
                _ => return Err("application is missing".to_owned()),
            },
        };
        Ok((entry, application))
    }

    /// The application of a directory that has one only.
    fn of_directory(&self, provider: &str, directory: &str) -> Result<Arc<Application>, String> {
        let mut applications = self.catalog.applications(provider).into_iter();
        let mut applications = applications
            .by_ref()
            .filter(|one| one.directory.id == directory);
        match (applications.next(), applications.next()) {
            (Some(application), None) => Ok(application),
            (None, _) => Err("there is no such directory".to_owned()),
            (Some(_), Some(_)) => {
                Err("this directory has several applications; name one of them".to_owned())
            }
        }
    }
}

fn named(catalog: &Catalog, name: &str) -> Result<(&'static Entry, Arc<Application>), Misuse> {
    let (provider, id) = name.split_once('/').ok_or_else(|| {
        Misuse(format!(
            "`{name}` names no application; write PROVIDER/ID, for example xdua/A3bdXNT3"
        ))
    })?;
    let entry = providers::find(provider)?;
    let application = catalog.application(provider, id).ok_or_else(|| {
        Misuse(format!(
            "there is no application `{name}`; list them with: signupctl app list"
        ))
    })?;
    Ok((entry, application))
}
