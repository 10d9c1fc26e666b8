//! `signupctl user`

pub mod erase;
pub mod export;
pub mod show;

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::json;
use signup_app::people::find_by_public_id;
use signup_core::context::RequestContext;
use signup_store::{AuditEntry, ChangeAuthor, UserRecord};
use uuid::Uuid;

use crate::failure::Misuse;
use crate::workplace::Workplace;

/// The one user that is meant.
async fn the_user(place: &Workplace, name: &str) -> anyhow::Result<UserRecord> {
    let mut users = find_by_public_id(&place.store, name).await?;
    if users.len() > 1 {
        let names: Vec<String> = users
            .iter()
            .map(|user| format!("{}/{}", user.provider, user.public_id))
            .collect();
        return Err(Misuse(format!(
            "`{name}` is the id of several users; write {}",
            names.join(" or ")
        ))
        .into());
    }
    match users.pop() {
        Some(user) => Ok(user),
        None => bail!(NOBODY),
    }
}

/// What is said when there is no such user, from the beginning or any more.
const NOBODY: &str = "no user has this id; find the id with: signupctl user show IDENTIFIER";

/// What the audit log tells of a command.
fn noted(
    place: &Workplace,
    action: &str,
    user: &UserRecord,
    context: &RequestContext,
) -> AuditEntry {
    let author = ChangeAuthor {
        request_id: Some(context.request_id.clone()),
        ..place.author()
    };
    let object = format!("{}/{}", user.provider, user.public_id);
    author.did(
        action,
        Some(&object),
        json!({"application": user.application}),
    )
}

/// What an event tells of a command as its cause: an id of its own.
fn context() -> RequestContext {
    RequestContext {
        request_id: Uuid::now_v7().to_string(),
        trace_parent: None,
        client_ip: Ipv4Addr::LOCALHOST.into(),
        language: None,
        deadline: Instant::now() + Duration::from_secs(60),
    }
}
