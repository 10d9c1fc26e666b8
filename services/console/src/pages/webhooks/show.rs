//! One webhook.

use maud::{Markup, html};
use signup_core::mask::mask_email;
use signup_core::operator::Role;
use signup_core::reply::Reply;
use signup_store::{Webhook, WebhookState};

use super::{deliveries, named, path_of, replay, scope, shown_url};
use crate::parts::{self, Tone, notice};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// `GET /webhooks/ID`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    let webhook = named(&visit).await?;
    let said = visit
        .query
        .get("replayed")
        .parse::<u64>()
        .ok()
        .map(|count| {
            let words = &visit.texts.webhooks;
            notice(Tone::Good, html! { p { (count) " " (words.replayed) } })
        });
    page(&visit, 200, &webhook, said).await
}

/// The page, with what is to be said above it.
pub async fn page(
    visit: &Visit,
    status: u16,
    webhook: &Webhook,
    said: Option<Markup>,
) -> Result<Reply, Refusal> {
    let words = &visit.texts.webhooks;
    let store = &visit.app.store;
    let counts = store.counts_of_webhook(&webhook.id).await?;
    let listed = store
        .webhook_deliveries(&webhook.id, deliveries::filter(visit), deliveries::MOST)
        .await?;
    let content = html! {
        @if let Some(said) = said { (said) }
        dl {
            dt { (words.url) } dd { code { (shown_url(visit, webhook)) } }
            dt { (words.events_of) } dd { (scope(words, webhook)) }
            dt { (words.types) } dd {
                @if webhook.event_types.is_empty() { (words.all) } @else { (webhook.event_types.join(", ")) }
            }
            dt { (words.state) } dd {
                (words.state(webhook.state)) ", " (words.since) " " (parts::time(webhook.state_since))
            }
            @if let Some(reason) = &webhook.disabled_reason { dt { (words.reason) } dd { (reason) } }
            @if let Some(time) = webhook.failing_since { dt { (words.failing_since) } dd { (parts::time(time)) } }
            @if let Some(time) = webhook.held_until { dt { (words.held_until) } dd { (parts::time(time)) } }
            @if let Some((_, until)) = &webhook.previous_secret { dt { (words.old_secret) } dd { (parts::time(*until)) } }
            @if let Some(contact) = &webhook.contact { dt { (words.contact) } dd { (mask_email(contact)) } }
            dt { (words.created) } dd { (parts::time(webhook.created_at)) }
            dt { (words.pending) } dd { (counts.pending) }
            dt { (words.failed) } dd { (counts.failed) }
        }
        @if visit.may(Role::Admin) { (actions(visit, webhook)) }
        @if visit.may(Role::Support) { (replay::form(visit, webhook)) }
        (deliveries::section(visit, webhook, &listed))
    };
    Ok(visit.page_with(status, words.title, content))
}

/// What administrators can do with it.
fn actions(visit: &Visit, webhook: &Webhook) -> Markup {
    let words = &visit.texts.webhooks;
    let path = path_of(webhook);
    let is_active = webhook.state == WebhookState::Active;
    html! {
        div class="actions" {
            form method="post" action={ (path) @if is_active { "/pause" } @else { "/resume" } } {
                (visit.token())
                button { @if is_active { (words.pause) } @else { (words.resume) } }
            }
            form method="post" action={ (path) "/secret" } {
                (visit.token())
                button class="plain" aria-describedby="rotate-text" { (words.rotate) }
            }
            span id="rotate-text" { (words.rotate_text) }
            details {
                summary { (words.delete) }
                form method="post" action={ (path) "/delete" } {
                    (visit.token())
                    label { input type="checkbox" name="sure" required; " " (words.sure) }
                    " "
                    button class="grave" { (words.delete) }
                }
            }
        }
        @if !is_active { p { (words.paused_text) } }
    }
}
