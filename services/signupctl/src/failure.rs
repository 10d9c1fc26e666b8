//! How a command that did not do its work ends.

use std::process::ExitCode;

use signup_app::declare::DeclarationError;
use signup_app::settings::SettingsError;

use crate::output::note;

/// Exit status when what the operator wrote is at fault: the command line, the settings, a declaration file.
const WRONG_INPUT: u8 = 2;

/// The command line asks for something that is not there or makes no sense. Says what to write instead.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Misuse(pub String);

/// The command has printed what is wrong; only the exit status is left to tell.
#[derive(Debug, thiserror::Error)]
#[error("already reported")]
pub struct AlreadyReported;

/// Prints an error and gives the exit status that fits it.
pub fn report(error: &anyhow::Error) -> ExitCode {
    if error.is::<AlreadyReported>() {
        return ExitCode::FAILURE;
    }
    note(format_args!("signupctl: {error:#}"));
    let wrong_input =
        error.is::<Misuse>() || error.is::<SettingsError>() || error.is::<DeclarationError>();
    if wrong_input {
        ExitCode::from(WRONG_INPUT)
    } else {
        ExitCode::FAILURE
    }
}
