//! The worker's executable.

use std::process::ExitCode;

fn main() -> ExitCode {
    notify_worker::run()
}
