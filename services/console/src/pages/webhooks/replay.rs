//! Delivering events again.

use std::time::Duration;

use maud::{Markup, html};
use signup_core::reply::Reply;
use signup_notify::webhook::{self, ReplaySelection};
use signup_store::Webhook;
use uuid::Uuid;

use super::show::page;
use super::{named, path_of};
use crate::parts::{Tone, notice};
use crate::refusal::Refusal;
use crate::visit::Visit;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `POST /webhooks/ID/replay`
pub async fn replay(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.webhooks;
    let webhook = named(&visit).await?;
    let refused = |problem| notice(Tone::Bad, html! { p { (problem) } });
    let Some(selection) = selection(&visit) else {
        return page(&visit, 422, &webhook, Some(refused(words.replay_choose))).await;
    };
    // Ids of events are UUIDs.
    let is_none = |id: &String| Uuid::try_parse(id).is_err();
    if selection.event_id.as_ref().is_some_and(is_none) {
        return page(&visit, 422, &webhook, Some(refused(words.no_such_event))).await;
    }
    let store = &visit.app.store;
    let done = webhook::replay(store, &webhook, &selection, &visit.author()).await?;
    if selection.event_id.is_some() && done.wanted == 0 {
        return page(&visit, 422, &webhook, Some(refused(words.no_such_event))).await;
    }
    Ok(visit.to(&format!("{}?replayed={}", path_of(&webhook), done.replayed)))
}

fn selection(visit: &Visit) -> Option<ReplaySelection> {
    let since = |age| Some(visit.now().before(age));
    let event_id = visit.form.filled("event").map(str::to_owned);
    let (since, failed) = match (&event_id, visit.form.get("what")) {
        (Some(_), _) => (None, false),
        (None, "failed") => (None, true),
        (None, "day") => (since(DAY), false),
        (None, "week") => (since(7 * DAY), false),
        (None, _) => return None,
    };
    Some(ReplaySelection {
        since,
        event_id,
        failed,
    })
}

/// The choice of events.
pub fn form(visit: &Visit, webhook: &Webhook) -> Markup {
    let words = &visit.texts.webhooks;
    html! {
        form class="filter" method="post" action={ (path_of(webhook)) "/replay" } {
            (visit.token())
            div {
                label for="what" { (words.replay_what) } br;
                select id="what" name="what" {
                    option value="failed" { (words.replay_failed) }
                    option value="day" { (words.replay_day) }
                    option value="week" { (words.replay_week) }
                }
            }
            button class="plain" { (words.replay) }
        }
        p { (words.replay_text) }
    }
}
