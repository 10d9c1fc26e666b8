//! One dead letter.

use maud::{Markup, html};
use serde_json::{Value, json};
use signup_bus::rabbitmq::{DeadLetter, lane_queue};
use signup_core::operator::Role;
use signup_core::reply::Reply;
use signup_core::time::Timestamp;

use super::{is_id, open, path_of, unavailable};
use crate::parts::{self, Tone, notice};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// `GET /dead-letters/ID`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    page(&visit, 200, None, false).await
}

/// `POST /dead-letters/ID`: with the event itself.
pub async fn reveal(visit: Visit) -> Result<Reply, Refusal> {
    page(&visit, 200, None, true).await
}

/// The page of the letter that the path names, with what is to be said above it.
pub(super) async fn page(
    visit: &Visit,
    status: u16,
    problem: Option<&str>,
    is_revealed: bool,
) -> Result<Reply, Refusal> {
    let words = &visit.texts.dead_letters;
    let id = visit.path("id");
    if !is_id(id) {
        return Err(Refusal::NotFound);
    }
    let letters = match open(visit).await {
        Ok(letters) => letters,
        Err(reply) => return Ok(reply),
    };
    let found = letters.find(id).await;
    letters.close().await;
    let letter = match found {
        Ok(found) => found.ok_or(Refusal::NotFound)?,
        Err(error) => return Ok(unavailable(visit, &error)),
    };
    if is_revealed {
        visit.audit("dead_letter_revealed", id, json!({})).await?;
    }
    let time = |time: Option<Timestamp>| html! { @if let Some(time) = time { (parts::time(time)) } @else { (words.unknown) } };
    let content = html! {
        @if let Some(problem) = problem { (notice(Tone::Bad, html! { p { (problem) } })) }
        dl {
            dt { (words.event) } dd { code { (letter.event.id) } }
            dt { (words.event_type) } dd { code { (letter.event.event_type) } }
            dt { (words.subject) } dd { (letter.event.subject) }
            dt { (words.queue) } dd { code { (lane_queue(letter.lane)) } }
            dt { (words.attempts) } dd { (letter.attempts) }
            dt { (words.first_failure) } dd { (time(letter.first_failure)) }
            dt { (words.died) } dd { (time(letter.died)) }
            dt { (words.problem) } dd { (letter.problem) }
        }
        @if is_revealed {
            h2 { (words.content) }
            pre tabindex="0" { (envelope(&letter)) }
        }
        (actions(visit, &letter, is_revealed))
        p { a href="/dead-letters" { (words.back) } }
    };
    Ok(visit.page_with(status, words.title, content))
}

fn actions(visit: &Visit, letter: &DeadLetter, is_revealed: bool) -> Markup {
    let words = &visit.texts.dead_letters;
    let path = path_of(&letter.event.id);
    html! {
        @if visit.may(Role::Support) {
            div class="actions" {
                form method="post" action="/dead-letters/redrive" {
                    (visit.token())
                    input type="hidden" name="id" value=(letter.event.id);
                    button { (words.redrive) }
                }
                @if !is_revealed {
                    form method="post" action=(path) {
                        (visit.token())
                        button class="plain" aria-describedby="reveal-text" { (words.reveal) }
                    }
                    span id="reveal-text" { (words.reveal_text) }
                }
            }
        }
        @if visit.may(Role::Admin) {
            details {
                summary { (words.discard) }
                form method="post" action={ (path) "/discard" } {
                    (visit.token())
                    label { input type="checkbox" name="sure" required; " " (words.sure) }
                    " "
                    button class="grave" { (words.discard) }
                }
            }
        }
    }
}

/// The event for people; a body that is no JSON as it is.
fn envelope(letter: &DeadLetter) -> String {
    serde_json::from_str::<Value>(&letter.event.envelope).map_or_else(
        |_| letter.event.envelope.clone(),
        |value| format!("{value:#}"),
    )
}
