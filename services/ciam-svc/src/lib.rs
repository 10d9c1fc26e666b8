//! Sign-up for clients that speak the Tencent Cloud CIAM API: `POST /otp/send` and `POST /signup`.
//!
//! A tenant is a directory; its host names tell which one a request is for. An application is a CIAM application, and
//! its id is the `client_id` that clients prove with HTTP Basic. What a request must hold is the application's sign-up
//! flow, declared in [`settings`].

mod api;
mod auth;
mod error;
mod import;
mod openapi;
pub mod settings;

use std::path::Path;

use signup_app::declare::{self, DeclarationError, Declared};
use signup_core::credential::CredentialKind;
use signup_core::decision::Action;
use signup_http::Provider;

pub use import::IMPORT;

pub use crate::settings::KEYS;
use crate::settings::{ApplicationSettings, DirectorySettings, refuse_unknown_attributes};

/// The name in declaration files, metrics and events.
const NAME: &str = "ciam";

/// Clients prove themselves with secrets; several may be valid at a time, so that they can be rotated.
pub const CREDENTIAL_KINDS: &[CredentialKind] = &[CredentialKind::ClientSecret];

/// The service, as data.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    binary: "ciam-svc",
    defaults: include_str!("../config/default.toml"),
    routes: api::routes,
    openapi: Some(openapi::document),
    actions: &[("/signup", Action::SignUp), ("/otp/send", Action::SendCode)],
    fault: error::word,
};

/// Applications to try the API with, one for each way to sign up that the vendor's documentation shows.
pub const DEMO: &str = include_str!("../demo.toml");

/// Reads a declaration file.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn declarations(path: &Path, text: &str) -> Result<Declared, DeclarationError> {
    let declared =
        declare::read::<DirectorySettings, ApplicationSettings>(path, text, CREDENTIAL_KINDS)?;
    refuse_unknown_attributes(path, text, &declared)?;
    Ok(declared)
}
