//! Users: found, shown, handed out, erased.

pub mod erase;
pub mod export;
pub mod search;
pub mod show;
mod story;

use serde_json::{Value, json};
use signup_store::{AuditEntry, UserRecord};

use crate::refusal::Refusal;
use crate::visit::Visit;

/// The user that the path names.
async fn named(visit: &Visit) -> Result<UserRecord, Refusal> {
    let (provider, id) = (visit.path("provider"), visit.path("id"));
    let found = visit.app.store.find_user(provider, id).await?;
    found.ok_or(Refusal::NotFound)
}

/// Where a user's page is.
pub fn path_of(provider: &str, public_id: &str) -> String {
    format!("/users/{provider}/{public_id}")
}

/// The user as the audit log names it.
fn object_of(user: &UserRecord) -> String {
    format!("{}/{}", user.provider, user.public_id)
}

/// What is written into the audit log in the transaction that does it.
fn noted(visit: &Visit, action: &str, user: &UserRecord) -> AuditEntry {
    let author = visit.author();
    author.did(action, Some(&object_of(user)), details_of(user))
}

fn details_of(user: &UserRecord) -> Value {
    json!({"application": user.application})
}
