//! Results on standard output: text for people, JSON for scripts.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

/// Where results go, and in which form.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
    colour: bool,
}

impl Output {
    /// Colours are for people at a terminal who have not declined them (no-color.org).
    pub fn new(json: bool) -> Self {
        let declined = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            json,
            colour: !json && !declined && io::stdout().is_terminal(),
        }
    }

    /// Whether results are for scripts.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// Prints a result in the form that was asked for.
    ///
    /// # Errors
    /// Standard output cannot be written. A reader that has seen enough (`| head`) is no error.
    pub fn show(self, value: &impl Serialize, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        print(&self.form(value, text)?)
    }

    /// Prints a result with a secret that is not shown again. `lost` is for when it was not shown even once: what was
    /// made all the same, and how to replace the secret.
    ///
    /// # Errors
    /// Standard output cannot be written, or nobody reads it.
    pub fn show_once(
        self,
        value: &impl Serialize,
        text: impl FnOnce() -> String,
        lost: &str,
    ) -> anyhow::Result<()> {
        write(&self.form(value, text)?)
            .map_err(|error| anyhow::anyhow!("standard output: {error}; {lost}"))
    }

    fn form(self, value: &impl Serialize, text: impl FnOnce() -> String) -> anyhow::Result<String> {
        let mut shown = if self.json {
            serde_json::to_string_pretty(value)?
        } else {
            text()
        };
        if !shown.is_empty() && !shown.ends_with('\n') {
            shown.push('\n');
        }
        Ok(shown)
    }

    /// The text in a colour (an SGR parameter such as `32`), if colours are wanted.
    pub fn coloured(self, sgr: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{sgr}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// How far a long command is, on one line of standard error that is written again and again. Nobody sees it but a
/// person at a terminal.
pub struct Progress {
    shown: bool,
}

impl Progress {
    /// Shows nothing yet.
    pub fn new() -> Self {
        Self {
            shown: io::stderr().is_terminal(),
        }
    }

    /// Shows how far it is.
    pub fn show(&self, state: &str) {
        if self.shown {
            // Erases the rest of the line (ECMA-48, EL).
            tell(&format!("\r{state}\x1b[K"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.show("");
    }
}

/// Tells people something on a line of standard error.
pub fn note(text: impl Display) {
    tell(&format!("{text}\n"));
}

/// Nobody is left to hear that standard error cannot be written, and no work is to stop for it.
fn tell(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Writes text to standard output at once. A reader that has seen enough (`| head`) is no error.
///
/// # Errors
/// Standard output cannot be written.
pub fn print(text: &str) -> anyhow::Result<()> {
    print_to_reader(text).map(drop)
}

/// The same, and tells whether anybody still reads.
///
/// # Errors
/// Standard output cannot be written.
pub fn print_to_reader(text: &str) -> anyhow::Result<bool> {
    match write(text) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(anyhow::anyhow!("standard output: {error}")),
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A table with aligned columns and a line of headings; says so when there are no rows.
pub fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]], none: &str) -> String {
    if rows.is_empty() {
        return none.to_owned();
    }
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .chain([headings[column].chars().count()])
            .max()
            .unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: [&str; N]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(headings)];
    lines.extend(
        rows.iter()
            .map(|row| line(std::array::from_fn(|column| row[column].as_str()))),
    );
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            ["a".to_owned(), "long cell".to_owned()],
            ["long id".to_owned(), String::new()],
        ];
        assert_eq!(
            table(["ID", "NAME"], &rows, "nothing"),
            "ID       NAME\na        long cell\nlong id"
        );
        assert_eq!(table(["ID", "NAME"], &[], "nothing"), "nothing");
    }
}
