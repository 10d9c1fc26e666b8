//! Everything that is kept about a user, as a file.

use signup_app::people::dossier_json;
use signup_core::reply::Reply;
use signup_http::Fault;

use super::{named, noted};
use crate::headers::secured;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// `POST /users/PROVIDER/ID/export`
pub async fn submit(visit: Visit) -> Result<Reply, Refusal> {
    let user = named(&visit).await?;
    let (provider, id, now) = (&user.provider, &user.public_id, visit.now());
    let noted = noted(&visit, "user_exported", &user);
    let store = &visit.app.store;
    let dossier = store
        .export_user(provider, id, now, &visit.context, &noted)
        .await?
        .ok_or(Refusal::NotFound)?;
    let text = serde_json::to_string_pretty(&dossier_json(&dossier, now))
        .map_err(|_| Refusal::Fault(Fault::Internal))?;
    // Ids can come from elsewhere with an import; in the name of a file they are plain.
    let name: String = id
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || "-_".contains(*character))
        .collect();
    Ok(secured(Reply::text("application/json", 200, text))
        .with_header("cache-control", "no-store")
        .with_header(
            "content-disposition",
            format!("attachment; filename=\"{provider}-{name}.json\""),
        ))
}
