//! One file per page.

pub mod account;
pub mod applications;
pub mod assets;
pub mod audit;
pub mod dead_letters;
pub mod events;
pub mod funnel;
pub mod language;
pub mod limits;
pub mod missing;
pub mod overview;
pub mod sign_in;
pub mod users;
pub mod webhooks;
