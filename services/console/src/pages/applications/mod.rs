//! Applications of all providers.

mod blame;
mod control;
pub mod credentials;
pub mod edit;
mod fields;
pub mod file;
mod history;
mod list;
mod proposal;
pub mod show;

pub use list::list;

use signup_app::apply::NewSecret;
use signup_core::reply::Reply;
use signup_store::{ApplicationRecord, CredentialRecord, Declarations};

use crate::refusal::Refusal;
use crate::visit::Visit;

/// The application that the path names.
fn named<'a>(visit: &Visit, stored: &'a Declarations) -> Result<&'a ApplicationRecord, Refusal> {
    let (provider, id) = (visit.path("provider"), visit.path("id"));
    stored
        .applications
        .iter()
        .find(|application| application.provider == provider && application.id == id)
        .ok_or(Refusal::NotFound)
}

/// Its own credentials, those that have ended too.
fn credentials_of<'a>(
    stored: &'a Declarations,
    application: &'a ApplicationRecord,
) -> impl Iterator<Item = &'a CredentialRecord> {
    stored.credentials.iter().filter(|credential| {
        credential.provider == application.provider
            && credential.application_id.as_deref() == Some(application.id.as_str())
    })
}

/// Where its page is.
fn path_of(application: &ApplicationRecord) -> String {
    format!("/applications/{}/{}", application.provider, application.id)
}

/// After a change was saved: back to the application, or to its new secrets first.
fn saved(visit: &Visit, path: &str, secrets: &[NewSecret]) -> Reply {
    if secrets.is_empty() {
        visit.to(path)
    } else {
        credentials::secrets(visit, path, secrets)
    }
}
