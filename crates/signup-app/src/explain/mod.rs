//! What happened to somebody, put together from what the database still knows.

mod ends;
mod search;
mod steps;

use signup_core::context::Language;
use signup_core::time::Timestamp;
use signup_store::{Store, StoreError};

use crate::settings::Settings;

pub use search::Search;
pub use steps::{Step, Words, length};

/// A time line.
pub struct Story {
    /// What happened, the oldest step first; nothing when nothing is known.
    pub steps: Vec<Step>,
    /// What cannot be shown and why, each in a sentence without its full stop.
    pub notes: Vec<String>,
}

/// Tells in English what a request's, user's, event's or code's id, or an address, in full or masked, leads to.
///
/// # Errors
/// The database is unavailable, or holds what this version cannot read.
pub async fn explain(
    store: &Store,
    settings: &Settings,
    needle: &str,
    reveal: bool,
    now: Timestamp,
) -> Result<Story, StoreError> {
    let words = Words {
        reveal,
        now,
        language: Language::English,
    };
    Ok(tell(&Search::of(store, needle).await?, settings, &words))
}

/// Tells what was found.
pub fn tell(found: &Search, settings: &Settings, words: &Words) -> Story {
    Story {
        steps: steps::of(found, words),
        notes: ends::of(found, settings, words),
    }
}
