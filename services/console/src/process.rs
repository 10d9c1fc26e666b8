//! The console as a process.

use signup_core::context::RequestContext;
use signup_core::reply::Reply;
use signup_http::{Fault, Provider};

use crate::{layout, routes};

/// The process, as data.
pub static PROCESS: Provider = Provider {
    name: "console",
    binary: "signup-console",
    defaults: include_str!("../config/default.toml"),
    routes: routes::register,
    openapi: None,
    actions: &[],
    fault,
};

/// What no page has answered. Pages word their own faults, in the language that was chosen.
fn fault(fault: &Fault, context: &RequestContext) -> Reply {
    layout::bare(fault, context)
}
