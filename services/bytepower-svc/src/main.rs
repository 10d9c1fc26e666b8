//! The BytePower sign-up service.

use std::process::ExitCode;

fn main() -> ExitCode {
    signup_http::run(&bytepower_svc::PROVIDER)
}
