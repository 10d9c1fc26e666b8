//! Sign-up as BytePower's clients know it: `POST /bp/server/user/signup` for app servers, `POST /bp/user/signup` for
//! apps themselves, and the codes that prove e-mail addresses.
//!
//! What the vendor's own document shows is marked "seed 000" here and in the published API description, what is known
//! from the vendor's public documentation "vendor", and what neither says "our choice".

mod api;
mod auth;
mod error;
mod import;
mod keys;
mod openapi;
mod settings;
mod uid;
mod version;

use std::path::Path;

use signup_app::declare::{self, DeclarationError, Declared};
use signup_core::credential::CredentialKind;
use signup_core::decision::Action;
use signup_http::Provider;

pub use import::IMPORT;
pub use keys::KEYS;
pub use settings::{ApplicationSettings, DirectorySettings, ResponseEdition};

/// The service.
pub static PROVIDER: Provider = Provider {
    name: "bytepower",
    binary: "bytepower-svc",
    defaults: include_str!("../config/default.toml"),
    routes: api::routes,
    openapi: Some(openapi::document),
    actions: &[
        ("/bp/server/user/signup", Action::SignUp),
        ("/bp/user/signup", Action::SignUp),
        ("/bp/server/user/send_email_verify_code", Action::SendCode),
        ("/bp/user/send_email_verify_code", Action::SendCode),
    ],
    fault: error::word,
};

/// Declarations of two applications to try things out with: `demo`, and `demo-verified` with sign-up verification.
pub const DEMO: &str = include_str!("../demo.toml");

/// The kinds of credentials that an application can have: server keys sign tokens, client keys sign requests.
pub const CREDENTIAL_KINDS: &[CredentialKind] =
    &[CredentialKind::ServerKey, CredentialKind::ClientKey];

/// Reads a declaration file of this provider.
///
/// # Errors
/// The first thing that is wrong in the file, with its line.
pub fn declarations(path: &Path, text: &str) -> Result<Declared, DeclarationError> {
    declare::read::<DirectorySettings, ApplicationSettings>(path, text, CREDENTIAL_KINDS)
}
