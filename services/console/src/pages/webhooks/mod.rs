//! Webhooks and their deliveries.

pub mod change;
pub mod create;
mod deliveries;
mod list;
mod replay;
mod show;

pub use list::list;
pub use replay::replay;
pub use show::show;

use maud::html;
use signup_core::mask::Secret;
use signup_core::operator::Role;
use signup_core::reply::Reply;
use signup_store::Webhook;
use url::Url;

use crate::parts::{Tone, notice};
use crate::refusal::Refusal;
use crate::texts::WebhooksTexts;
use crate::visit::Visit;

/// The webhook that the path names.
async fn named(visit: &Visit) -> Result<Webhook, Refusal> {
    let found = visit.app.store.find_webhook(visit.path("id")).await?;
    found.ok_or(Refusal::NotFound)
}

fn path_of(webhook: &Webhook) -> String {
    format!("/webhooks/{}", webhook.id)
}

/// The URL as it may be shown: some hold a token in their path or query, which only administrators see.
fn shown_url(visit: &Visit, webhook: &Webhook) -> String {
    if visit.may(Role::Admin) {
        return webhook.url.clone();
    }
    Url::parse(&webhook.url).map_or_else(
        |_| "…".to_owned(),
        |url| format!("{}/…", url.origin().ascii_serialization()),
    )
}

/// Whose events it gets.
fn scope(words: &WebhooksTexts, webhook: &Webhook) -> String {
    match (&webhook.provider, &webhook.application) {
        (Some(provider), Some(application)) => format!("{provider}/{application}"),
        (Some(provider), None) => format!("{provider}/*"),
        (None, Some(application)) => format!("*/{application}"),
        (None, None) => words.all.to_owned(),
    }
}

/// A new secret, the only time that it is shown: as the answer to the form, which nobody keeps.
fn secret(visit: &Visit, webhook: &Webhook, secret: &Secret<String>) -> Reply {
    let words = &visit.texts.webhooks;
    let content = html! {
        (notice(Tone::Good, html! { p { (words.secret_once) } }))
        dl {
            dt { (words.secret) }
            dd class="secret" { (secret.expose()) }
        }
        p { a href=(path_of(webhook)) { (words.to_webhook) } }
    };
    visit.page(words.secret_title, content)
}
