//! The providers, as the command line names them.

use crate::failure::Misuse;

pub use signup_providers::{ALL, Entry, names};

/// The provider of this name.
///
/// # Errors
/// There is none; the error lists those that there are.
pub fn find(name: &str) -> Result<&'static Entry, Misuse> {
    signup_providers::find(name).ok_or_else(|| {
        Misuse(format!(
            "unknown provider `{name}`, expected one of {}",
            names().join(", ")
        ))
    })
}
