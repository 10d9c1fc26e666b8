//! The list of dead letters.

use maud::html;
use signup_bus::rabbitmq::{BrokerError, DeadLetter, DeadLetters};
use signup_core::operator::Role;
use signup_core::reply::Reply;

use super::{open, path_of, unavailable};
use crate::parts::{self, Tone, notice};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// Letters that the page shows at the most.
const MOST: usize = 100;

/// `GET /dead-letters`
pub async fn list(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.dead_letters;
    let letters = match open(&visit).await {
        Ok(letters) => letters,
        Err(reply) => return Ok(reply),
    };
    let read = read(&letters).await;
    letters.close().await;
    let (count, listed) = match read {
        Ok(read) => read,
        Err(error) => return Ok(unavailable(&visit, &error)),
    };
    let rows = listed.iter().map(|letter| {
        [
            html! { a href=(path_of(&letter.event.id)) { code { (letter.event.id) } } },
            html! { code { (letter.event.event_type) } },
            html! { @if let Some(died) = letter.died { (parts::time(died)) } @else { (words.unknown) } },
            html! { (letter.attempts) },
            html! { (letter.problem) },
        ]
    });
    let headings = [
        words.event,
        words.event_type,
        words.died,
        words.attempts,
        words.problem,
    ];
    let said = [("redriven", words.redriven), ("discarded", words.discarded)];
    let content = html! {
        @for (name, text) in said {
            @if let Ok(count) = visit.query.get(name).parse::<u64>() {
                (notice(Tone::Good, html! { p { (count) " " (text) } }))
            }
        }
        p { (words.about) }
        @if listed.is_empty() { p { (words.none) } } @else {
            (parts::table(words.caption, &headings, rows))
            p { (listed.len()) " " (words.shown_of) " " (count) }
            @if visit.may(Role::Support) {
                form method="post" action="/dead-letters/redrive" {
                    (visit.token())
                    button { (words.redrive_all) }
                }
            }
        }
    };
    Ok(visit.page(words.title, content))
}

async fn read(letters: &DeadLetters) -> Result<(u32, Vec<DeadLetter>), BrokerError> {
    Ok((letters.count().await?, letters.list(MOST).await?))
}
