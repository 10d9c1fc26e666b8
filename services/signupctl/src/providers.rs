//! The providers that this build knows. A new one is one more line in [`ALL`].

use std::path::Path;

use signup_app::declare::{DeclarationError, Declared};
use signup_http::Provider;

use crate::failure::Misuse;

/// A provider as operators meet it.
pub struct Entry {
    /// Its service.
    pub provider: &'static Provider,
    /// Reads its declaration files.
    pub declarations: fn(&Path, &str) -> Result<Declared, DeclarationError>,
    /// What `signupctl dev` declares for it.
    pub demo: &'static str,
}

macro_rules! entry {
    ($library:ident) => {
        Entry {
            provider: &$library::PROVIDER,
            declarations: $library::declarations,
            demo: $library::DEMO,
        }
    };
}

/// Every provider.
pub static ALL: &[Entry] = &[
    entry!(bytepower_svc),
    entry!(xdua_gateway),
    entry!(ciam_svc),
];

/// The provider of this name.
///
/// # Errors
/// There is none; the error lists those that there are.
pub fn find(name: &str) -> Result<&'static Entry, Misuse> {
    ALL.iter()
        .find(|entry| entry.provider.name == name)
        .ok_or_else(|| {
            Misuse(format!(
                "unknown provider `{name}`, expected one of {}",
                names().join(", ")
            ))
        })
}

/// The names of all providers.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|entry| entry.provider.name).collect()
}
