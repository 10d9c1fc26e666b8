//! Sign-up as the XDUA gateway's clients know it: `POST /user` for people and for administrators, `POST /vfc` for the
//! codes that prove phone numbers and e-mail addresses, and the keys that verify tokens.
//!
//! An application is a shop; an app is a program that holds a token and may act for one or more shops. What the vendor's
//! own document shows is marked "seed 001" here and in the published API description, what is known from the vendor's
//! other pages and its browser SDK "vendor", and what neither says "our choice".

mod api;
mod auth;
mod cors;
mod declarations;
mod envelope;
mod error;
mod import;
mod keys;
mod openapi;
mod public_id;
mod pwd;
mod settings;
mod tables;
pub mod tokens;

use signup_core::decision::Action;
use signup_http::Provider;

pub use declarations::{CREDENTIAL_KINDS, check_key_id, declarations};
pub use import::IMPORT;
pub use keys::KEYS;
pub use settings::{
    AllowedApp, ApplicationSettings, CodePolicy, DirectorySettings, Field, FieldType, Table,
};

/// The provider's name.
pub(crate) const NAME: &str = "xdua";

/// The service.
pub static PROVIDER: Provider = Provider {
    name: NAME,
    binary: "xdua-gateway",
    defaults: include_str!("../config/default.toml"),
    routes: api::routes,
    openapi: Some(openapi::document),
    actions: &[("/user", Action::SignUp), ("/vfc", Action::SendCode)],
    fault: error::word,
};

/// Declaration of a shop to try things out with: `A3bdXNT3`, for the app `EIxcPdpT`. Its signing key is made apart.
pub const DEMO: &str = include_str!("../demo.toml");
