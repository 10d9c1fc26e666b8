//! The list of webhooks.

use maud::html;
use signup_core::operator::Role;
use signup_core::reply::Reply;

use super::{path_of, scope, shown_url};
use crate::parts;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// `GET /webhooks`
pub async fn list(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.webhooks;
    let webhooks = visit.app.store.webhooks().await?;
    let counts = visit.app.store.webhook_counts().await?;
    let rows = webhooks.iter().map(|webhook| {
        let counts = counts.get(&webhook.id).copied().unwrap_or_default();
        [
            html! { a href=(path_of(webhook)) { (shown_url(&visit, webhook)) } },
            html! { (scope(words, webhook)) },
            html! { (words.state(webhook.state)) },
            html! { (counts.pending) },
            html! { (counts.failed) },
        ]
    });
    let headings = [
        words.url,
        words.events_of,
        words.state,
        words.pending,
        words.failed,
    ];
    let content = html! {
        @if webhooks.is_empty() { p { (words.none) } } @else { (parts::table(words.caption, &headings, rows)) }
        @if visit.may(Role::Admin) {
            p { a class="button" href="/new-webhook" { (words.new_webhook) } }
        }
    };
    Ok(visit.page(words.title, content))
}
