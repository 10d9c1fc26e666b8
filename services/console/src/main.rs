//! The console's executable.

use std::process::ExitCode;

fn main() -> ExitCode {
    signup_console::run()
}
