//! The use cases, and what every process needs around them: settings, logging, the applications in force, threads that
//! hash, work in the background, an orderly end.

mod announcer;
mod app;
pub mod apply;
mod attempts;
pub mod background;
pub mod catalog;
mod codes;
pub mod credentials;
mod deadline;
pub mod declaration;
pub mod declare;
pub mod explain;
pub mod funnel;
mod funnel_counter;
pub mod hash_pool;
pub mod import;
mod in_flight;
pub mod limit_report;
pub mod logging;
pub mod metrics;
pub mod operators;
pub mod people;
mod records;
pub mod relays;
pub mod settings;
pub mod shutdown;
mod sign_up;
pub mod trace;

pub use announcer::{Announcement, Announcer};
pub use app::{App, StartError, store_options};
pub use codes::{CheckCodeError, CodeMessage, CodeRequest, SendCodeError, VerifiedCode};
pub use deadline::by;
pub use funnel_counter::FunnelCounter;
pub use sign_up::{SignUp, SignUpError};
