//! The service's executable.

use std::process::ExitCode;

fn main() -> ExitCode {
    signup_http::run(&xdua_gateway::PROVIDER)
}
