//! Lines that were refused: their numbers and why, never what stands in them.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;

use crate::failure::Misuse;
use crate::output::{Progress, note};

/// Without a file so many are shown; a faulty column would fill the terminal with a million of them.
const SHOWN: u64 = 20;

/// Where they go.
pub struct Rejects {
    file: Option<(PathBuf, BufWriter<File>)>,
    count: u64,
}

impl Rejects {
    /// Begins the file anew, if there is to be one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let file = match path {
            None => None,
            Some(path) => {
                let file = File::create(path).map_err(|error| {
                    Misuse(format!("{} cannot be written: {error}", path.display()))
                })?;
                Some((path.to_owned(), BufWriter::new(file)))
            }
        };
        Ok(Self { file, count: 0 })
    }

    /// Notes a line.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, progress: &Progress, line: u64, reason: &str) -> anyhow::Result<()> {
        self.count += 1;
        if let Some((path, file)) = &mut self.file {
            return writeln!(file, "{}", json!({"line": line, "reason": reason}))
                .with_context(|| format!("{} cannot be written", path.display()));
        }
        if self.count <= SHOWN {
            progress.show("");
            // A field's name in a reason comes from the file, and could steer the terminal.
            let reason: String = reason.chars().filter(|c| !c.is_control()).collect();
            note(format_args!("line {line}: {reason}"));
        }
        Ok(())
    }

    /// Writes what is left, and tells of those that were not shown.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn close(&mut self) -> anyhow::Result<()> {
        match &mut self.file {
            Some((path, file)) => file
                .flush()
                .with_context(|| format!("{} cannot be written", path.display())),
            None => {
                if self.count > SHOWN {
                    let more = self.count - SHOWN;
                    note(format_args!(
                        "and {more} more lines; --rejects FILE keeps all of them"
                    ));
                }
                Ok(())
            }
        }
    }
}
