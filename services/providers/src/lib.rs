//! The providers that this build knows, for the programs that operate all of them: the command line and the console.
//! A new provider is one more entry in [`ALL`].

mod keys;

use std::path::Path;
use std::sync::LazyLock;

use signup_app::declare::{DeclarationError, Declared};
use signup_app::import::ImportRules;
use signup_core::credential::CredentialKind;
use signup_core::described::Group;
use utoipa::openapi::OpenApi;

pub use keys::at;

/// A provider as operators meet it. It does not lead to the service itself: a program that serves nothing would have
/// every handler linked in.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// The executable of its service.
    pub binary: &'static str,
    /// The compiled-in settings of its service, TOML.
    pub service_defaults: &'static str,
    /// The description of its API.
    pub openapi: fn() -> OpenApi,
    /// Reads its declaration files.
    pub declarations: fn(&Path, &str) -> Result<Declared, DeclarationError>,
    /// The keys of its declarations that others do not have, described.
    pub keys: &'static [Group],
    /// The kinds of credentials that its applications can have.
    pub credentials: &'static [CredentialKind],
    /// What a user must be like who is brought over.
    pub import: &'static ImportRules,
    /// What `signupctl dev` declares for it.
    pub demo: &'static str,
}

macro_rules! entry {
    ($library:ident) => {
        Entry {
            name: $library::PROVIDER.name,
            binary: $library::PROVIDER.binary,
            service_defaults: $library::PROVIDER.defaults,
            openapi: $library::PROVIDER.openapi.expect("a provider has an API"),
            declarations: $library::declarations,
            keys: $library::KEYS,
            credentials: $library::CREDENTIAL_KINDS,
            import: &$library::IMPORT,
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
pub fn find(name: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.name == name)
}

/// The names of all providers.
pub fn names() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&str>> =
        LazyLock::new(|| ALL.iter().map(|entry| entry.name).collect());
    &NAMES
}
