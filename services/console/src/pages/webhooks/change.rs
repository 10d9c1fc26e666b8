//! Pausing, resuming, a new secret, and the end of a webhook.

use std::time::Duration;

use maud::html;
use signup_core::reply::Reply;
use signup_http::Fault;
use signup_notify::webhook::{SecretError, SigningSecret};

use super::show::page;
use super::{named, path_of, secret};
use crate::parts::{Tone, notice};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// How long the secret before signs as well.
const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

/// `POST /webhooks/ID/pause`
pub async fn pause(visit: Visit) -> Result<Reply, Refusal> {
    let webhook = named(&visit).await?;
    let store = &visit.app.store;
    store.pause_webhook(&webhook.id, &visit.author()).await?;
    Ok(visit.to(&path_of(&webhook)))
}

/// `POST /webhooks/ID/resume`
pub async fn resume(visit: Visit) -> Result<Reply, Refusal> {
    let webhook = named(&visit).await?;
    let store = &visit.app.store;
    store.resume_webhook(&webhook.id, &visit.author()).await?;
    Ok(visit.to(&path_of(&webhook)))
}

/// `POST /webhooks/ID/secret`
pub async fn rotate(visit: Visit) -> Result<Reply, Refusal> {
    let webhook = named(&visit).await?;
    let new = SigningSecret::generate().map_err(no_secret)?;
    let sealed = new.seal(&visit.app.keys, &webhook.id).map_err(no_secret)?;
    let until = visit.now().after(OVERLAP);
    let store = &visit.app.store;
    let author = visit.author();
    let rotated = store.rotate_webhook_secret(&webhook, sealed, until, &author);
    if !rotated.await? {
        let said = html! { p { (visit.texts.webhooks.rotated_elsewhere) } };
        return page(&visit, 409, &webhook, Some(notice(Tone::Bad, said))).await;
    }
    Ok(secret(&visit, &webhook, &new.expose()))
}

/// `POST /webhooks/ID/delete`
pub async fn delete(visit: Visit) -> Result<Reply, Refusal> {
    let webhook = named(&visit).await?;
    if !visit.form.is_ticked("sure") {
        let said = html! { p { (visit.texts.webhooks.tick_sure) } };
        return page(&visit, 422, &webhook, Some(notice(Tone::Bad, said))).await;
    }
    let store = &visit.app.store;
    if !store.delete_webhook(&webhook.id, &visit.author()).await? {
        return Err(Refusal::NotFound);
    }
    Ok(visit.to("/webhooks"))
}

fn no_secret(error: SecretError) -> Refusal {
    log::error!(event = "console.webhook"; "no secret was made: {error}");
    Fault::Internal.into()
}
