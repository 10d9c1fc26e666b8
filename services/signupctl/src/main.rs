//! The operator's command line: schema, declarations, keys, tokens, users, diagnosis, and `signupctl dev`, the whole
//! system in one process (feature `dev`).
//!
//! Every command works on the database and keys that the services' own settings name. Results go to standard output,
//! as tables for people or with `--json` for scripts; everything else goes to standard error. The exit status is 0 when
//! the command did its work, 1 when it failed, and 2 when the command line, the settings or a declaration file are at
//! fault.

// They panic when nobody can be told, in the middle of the work.
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod cli;
mod commands;
#[cfg(feature = "dev")]
mod dev;
mod failure;
mod moment;
mod output;
mod providers;
mod span;
mod workplace;

use std::process::ExitCode;

use cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::read();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
