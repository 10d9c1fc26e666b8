//! What is wrong with a configuration, told in one go.

use std::fmt;

/// One thing that must be corrected before the process can start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The dotted key (`http.port`), or the name of the file when no key can be told.
    pub key: String,
    /// `FILE:LINE` or the environment variable; `None` for a compiled-in value.
    pub origin: Option<String>,
    /// What is wrong. Never holds the value of a secret.
    pub problem: String,
    /// What would be right.
    pub allowed: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if let Some(origin) = &self.origin {
            write!(f, " (from {origin})")?;
        }
        write!(f, ": {}; {}", self.problem, self.allowed)
    }
}

/// All faults of a configuration. `Display` gives one line for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    faults: Vec<Fault>,
}

impl SettingsError {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self { faults }
    }

    /// The faults, in the order in which they were found.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.len() {
            1 => f.write_str("the configuration has a fault")?,
            count => write!(f, "the configuration has {count} faults")?,
        }
        for fault in &self.faults {
            write!(f, "\n- {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsError {}
