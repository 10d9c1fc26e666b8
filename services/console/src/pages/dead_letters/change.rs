//! Giving dead letters back, and removing them.

use serde_json::json;
use signup_bus::rabbitmq::DeadLetter;
use signup_core::reply::Reply;

use super::{open, show, unavailable};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// `POST /dead-letters/redrive`: the letter that the form names, or all.
pub async fn redrive(visit: Visit) -> Result<Reply, Refusal> {
    let id = visit.form.filled("id");
    let letters = match open(&visit).await {
        Ok(letters) => letters,
        Err(reply) => return Ok(reply),
    };
    visit
        .audit("dead_letters_redriven", id.unwrap_or("all"), json!({}))
        .await?;
    let wanted = |letter: &DeadLetter| id.is_none_or(|id| letter.event.id == id);
    let moved = letters.redrive(wanted).await;
    letters.close().await;
    match moved {
        Ok(moved) => Ok(visit.to(&format!("/dead-letters?redriven={moved}"))),
        Err(error) => Ok(unavailable(&visit, &error)),
    }
}

/// `POST /dead-letters/ID/discard`
pub async fn discard(visit: Visit) -> Result<Reply, Refusal> {
    if !visit.form.is_ticked("sure") {
        let problem = Some(visit.texts.dead_letters.tick_sure);
        return show::page(&visit, 422, problem, false).await;
    }
    let id = visit.path("id");
    let letters = match open(&visit).await {
        Ok(letters) => letters,
        Err(reply) => return Ok(reply),
    };
    visit.audit("dead_letter_discarded", id, json!({})).await?;
    let removed = letters.discard(|letter| letter.event.id == id).await;
    letters.close().await;
    match removed {
        Ok(removed) => Ok(visit.to(&format!("/dead-letters?discarded={removed}"))),
        Err(error) => Ok(unavailable(&visit, &error)),
    }
}
