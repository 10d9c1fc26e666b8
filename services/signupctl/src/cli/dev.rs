//! `signupctl dev`.

use std::path::PathBuf;

use clap::Args;

/// `signupctl dev`
#[derive(Args, Debug)]
#[command(
    long_about = "Run all services and the worker in one process, with demo applications.

Data and the demo's credentials (demo.env, to be sourced) stay in the directory for the next start; the demo \
applications themselves are declared anew at every start. Messages are not sent: they are shown on the terminal and in \
the inbox beside the console, where one signs in as `demo`; the password is in demo.env. Events stay in this process, \
whatever bus.url says. One process at a time uses a directory. Ctrl-C stops.",
    after_help = "EXAMPLES
    signupctl dev
    signupctl dev --dir /tmp/try --reset
    signupctl dev --console-port 9080 --bytepower-port 9081 --xdua-port 9082 --ciam-port 9083
    SIGNUP__DATABASE__URL=postgres://localhost/signup SIGNUP__SECRETS__KEYS_FILE=keys signupctl dev

A port of 0 lets the system choose a free one."
)]
pub struct DevArgs {
    /// Where data and demo credentials are kept
    #[arg(long, value_name = "DIR", default_value = ".signup")]
    pub dir: PathBuf,
    /// Port of the console, and of the inbox beside it
    #[arg(long, alias = "port", value_name = "PORT", default_value_t = 8080)]
    pub console_port: u16,
    /// Port of the BytePower API
    #[arg(long, value_name = "PORT", default_value_t = 8081)]
    pub bytepower_port: u16,
    /// Port of the XDUA API
    #[arg(long, value_name = "PORT", default_value_t = 8082)]
    pub xdua_port: u16,
    /// Port of the CIAM API
    #[arg(long, value_name = "PORT", default_value_t = 8083)]
    pub ciam_port: u16,
    /// Port of the demo site, where people sign up with the browser SDK
    #[arg(long, value_name = "PORT", default_value_t = 8085)]
    pub demo_port: u16,
    /// Delete the data of earlier runs first
    #[arg(long)]
    pub reset: bool,
}
