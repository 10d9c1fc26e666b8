//! What neither a directory nor an application can see alone.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use signup_app::declare::{DeclarationError, Declared};

use super::{ApplicationSettings, DirectorySettings};

/// Refuses a flow that names an attribute which its directory does not have: no request could ever hold it.
pub(crate) fn refuse_unknown_attributes(
    path: &Path,
    text: &str,
    declared: &Declared,
) -> Result<(), DeclarationError> {
    let refuse = |line: usize, problem: String| DeclarationError {
        path: path.to_owned(),
        line,
        problem,
    };
    for application in &declared.applications {
        let line = line_of(text, &application.id);
        let directory = declared
            .directories
            .iter()
            .find(|(id, _)| *id == application.directory)
            .map(|(_, settings)| settings);
        let directory: DirectorySettings =
            read(directory.unwrap_or(&Value::Null)).map_err(|problem| refuse(line, problem))?;
        let settings: ApplicationSettings =
            read(&application.settings).map_err(|problem| refuse(line, problem))?;
        let unknown = settings
            .flow
            .ordinary
            .keys()
            .find(|id| directory.attribute(id).is_none());
        if let Some(id) = unknown {
            let problem = format!(
                "`{}`: settings: flow: ordinary.{id}: directory `{}` has no such attribute; declare it there under settings.attributes",
                application.id, application.directory
            );
            return Err(refuse(line, problem));
        }
    }
    Ok(())
}

fn read<'a, T: Deserialize<'a>>(settings: &'a Value) -> Result<T, String> {
    T::deserialize(settings).map_err(|error| error.to_string())
}

/// The line on which an application's id is first written.
fn line_of(text: &str, id: &str) -> usize {
    let quoted = [format!("\"{id}\""), format!("'{id}'")];
    text.lines()
        .position(|line| quoted.iter().any(|id| line.contains(id)))
        .map_or(1, |index| index + 1)
}
