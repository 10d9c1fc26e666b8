//! The providers that this build knows. A new one is one more entry in [`ALL`], and a port in [`DevArgs`].

use std::path::Path;
use std::sync::LazyLock;

use signup_app::declare::{DeclarationError, Declared};
use signup_app::import::ImportRules;
use signup_http::Provider;

use crate::cli::DevArgs;
use crate::failure::Misuse;

/// A provider as operators meet it.
pub struct Entry {
    /// Its service.
    pub provider: &'static Provider,
    /// Reads its declaration files.
    pub declarations: fn(&Path, &str) -> Result<Declared, DeclarationError>,
    /// What a user must be like who is brought over.
    pub import: &'static ImportRules,
    /// What `signupctl dev` declares for it.
    pub demo: &'static str,
    /// Where `signupctl dev` serves it.
    pub port: DevPort,
}

/// A port of `signupctl dev`.
pub struct DevPort {
    /// What is served there.
    pub purpose: &'static str,
    /// The number that was asked for; 0 for any free one.
    pub number: fn(&DevArgs) -> u16,
    /// The flag that sets it.
    pub flag: &'static str,
    /// The variable of `make run` that sets it.
    pub make_variable: &'static str,
}

macro_rules! entry {
    ($library:ident, $purpose:literal, $number:ident, $flag:literal, $make_variable:literal) => {
        Entry {
            provider: &$library::PROVIDER,
            declarations: $library::declarations,
            import: &$library::IMPORT,
            demo: $library::DEMO,
            port: DevPort {
                purpose: $purpose,
                number: |arguments| arguments.$number,
                flag: $flag,
                make_variable: $make_variable,
            },
        }
    };
}

/// Every provider.
#[rustfmt::skip]
pub static ALL: &[Entry] = &[
    entry!(bytepower_svc, "the BytePower API", bytepower_port, "--bytepower-port", "BYTEPOWER_PORT"),
    entry!(xdua_gateway, "the XDUA API", xdua_port, "--xdua-port", "XDUA_PORT"),
    entry!(ciam_svc, "the CIAM API", ciam_port, "--ciam-port", "CIAM_PORT"),
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
pub fn names() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&str>> =
        LazyLock::new(|| ALL.iter().map(|entry| entry.provider.name).collect());
    &NAMES
}
