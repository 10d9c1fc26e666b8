//! What an operator sets for this provider's applications, beside the rules that every application has.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use signup_app::declare::Declarable;

/// How far a token's or signature's time may be from ours unless the application says otherwise (our choice).
const DEFAULT_TOLERANCE_SECONDS: u64 = 300;

/// The widest window that can be set: whoever gets hold of a token can use it that long (our choice).
pub(crate) const MAX_TOLERANCE_SECONDS: u64 = 3600;

/// Directories have no settings of their own.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DirectorySettings {}

impl Declarable for DirectorySettings {
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }
}

/// `[application.settings]` in a declaration file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApplicationSettings {
    /// The console's "Enable sign up verification": who signs up by e-mail has to send the code from that mailbox.
    /// Off by default.
    pub verification: bool,
    /// Seconds that the time in a token or signature may lie before or after ours, 1 to 3600; 300 by default.
    pub token_tolerance_seconds: u64,
    /// The edition of the reply to a sign-up.
    pub response_edition: ResponseEdition,
}

/// The editions of the reply to a sign-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseEdition {
    /// `email` is text, as seed 000 shows.
    #[default]
    #[serde(rename = "seed")]
    Seed,
    /// `email` tells whether it is verified, and `create_time` and `is_new_user` are added (vendor; without `session`).
    #[serde(rename = "2025")]
    Of2025,
}

impl ApplicationSettings {
    /// How far the time in a token or signature may lie from ours.
    pub fn token_tolerance(&self) -> Duration {
        Duration::from_secs(self.token_tolerance_seconds)
    }
}

impl Default for ApplicationSettings {
    fn default() -> Self {
        Self {
            verification: false,
            token_tolerance_seconds: DEFAULT_TOLERANCE_SECONDS,
            response_edition: ResponseEdition::default(),
        }
    }
}

impl Declarable for ApplicationSettings {
    fn validate(&self) -> Result<(), String> {
        if (1..=MAX_TOLERANCE_SECONDS).contains(&self.token_tolerance_seconds) {
            Ok(())
        } else {
            Err(format!(
                "`token_tolerance_seconds` is {}; it must be from 1 to {MAX_TOLERANCE_SECONDS}",
                self.token_tolerance_seconds
            ))
        }
    }
}
