//! The deliveries of a webhook.

use maud::{Markup, html};
use signup_core::operator::Role;
use signup_store::{Webhook, WebhookDelivery, WebhookDeliveryState};

use super::path_of;
use crate::parts;
use crate::visit::Visit;

/// Deliveries that a page shows at the most.
pub const MOST: u32 = 100;

/// The filter behind the `?`: only those that were given up.
pub fn filter(visit: &Visit) -> Option<WebhookDeliveryState> {
    (visit.query.get("deliveries") == "failed").then_some(WebhookDeliveryState::Failed)
}

/// The newest deliveries, with what can be done with them.
pub fn section(visit: &Visit, webhook: &Webhook, deliveries: &[WebhookDelivery]) -> Markup {
    let words = &visit.texts.webhooks;
    let path = path_of(webhook);
    let rows = deliveries.iter().map(|delivery| {
        [
            html! { code { (delivery.event_id) } },
            html! { (words.delivery(delivery.state)) },
            html! { (delivery.attempts) },
            html! { @if let Some(time) = next_or_last(delivery) { (parts::time(time)) } },
            html! { @if let Some(status) = delivery.last_status { (status) } },
            html! { (delivery.last_problem.as_deref().unwrap_or_default()) },
            html! {
                @if visit.may(Role::Support) && delivery.state != WebhookDeliveryState::Pending {
                    form method="post" action={ (path) "/replay" } {
                        (visit.token())
                        input type="hidden" name="event" value=(delivery.event_id);
                        button class="plain" aria-label={ (words.replay) " " (delivery.event_id) } { (words.replay) }
                    }
                }
            },
        ]
    });
    let headings = [
        words.event,
        words.state,
        words.attempts,
        words.next_attempt,
        words.status,
        words.problem,
        words.action,
    ];
    html! {
        section aria-labelledby="deliveries" {
            h2 id="deliveries" { (words.deliveries) }
            p {
                @if filter(visit).is_some() { a href=(path) { (words.everything) } }
                @else { a href={ (path) "?deliveries=failed" } { (words.only_failed) } }
            }
            @if deliveries.is_empty() { p { (words.no_deliveries) } } @else {
                (parts::table(words.deliveries_caption, &headings, rows))
            }
        }
    }
}

fn next_or_last(delivery: &WebhookDelivery) -> Option<signup_core::time::Timestamp> {
    match delivery.state {
        WebhookDeliveryState::Pending => Some(delivery.next_attempt_at),
        _ => delivery.last_attempt_at,
    }
}
