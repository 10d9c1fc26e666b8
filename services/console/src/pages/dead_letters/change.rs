//! Giving dead letters back, and removing them.
//!
//! Letters live at the broker, so no transaction holds them and the audit log together, and neither can be undone. That it is
//! begun is noted first, and what came of it afterwards: one without the other tells that nobody knows.

use serde_json::json;
use signup_bus::rabbitmq::{BrokerError, DeadLetter, DeadLetters};
use signup_core::reply::Reply;

use super::{is_id, open, show, unavailable};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// What is done with letters, and what the audit log calls it.
struct Change {
    begun: &'static str,
    done: &'static str,
    failed: &'static str,
}

const REDRIVE: Change = Change {
    begun: "dead_letters_redrive_begun",
    done: "dead_letters_redriven",
    failed: "dead_letters_redrive_failed",
};

const DISCARD: Change = Change {
    begun: "dead_letter_discard_begun",
    done: "dead_letter_discarded",
    failed: "dead_letter_discard_failed",
};

/// `POST /dead-letters/redrive`: the letter that the form names, or all.
pub async fn redrive(visit: Visit) -> Result<Reply, Refusal> {
    let id = visit.form.filled("id");
    if id.is_some_and(|id| !is_id(id)) {
        return Err(Refusal::NotFound);
    }
    let letters = match open(&visit).await {
        Ok(letters) => letters,
        Err(reply) => return Ok(reply),
    };
    let work = letters.redrive(|letter| fits(id, letter));
    let moved = carry_out(&visit, &letters, &REDRIVE, id, work).await;
    letters.close().await;
    match moved? {
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
    let id = Some(visit.path("id")).filter(|id| is_id(id));
    if id.is_none() {
        return Err(Refusal::NotFound);
    }
    let letters = match open(&visit).await {
        Ok(letters) => letters,
        Err(reply) => return Ok(reply),
    };
    let work = letters.discard(|letter| fits(id, letter));
    let removed = carry_out(&visit, &letters, &DISCARD, id, work).await;
    letters.close().await;
    match removed? {
        Ok(removed) => Ok(visit.to(&format!("/dead-letters?discarded={removed}"))),
        Err(error) => Ok(unavailable(&visit, &error)),
    }
}

fn fits(id: Option<&str>, letter: &DeadLetter) -> bool {
    id.is_none_or(|id| letter.event.id == id)
}

/// Does the work, unless there is no such letter, and notes it: how many letters it was.
async fn carry_out(
    visit: &Visit,
    letters: &DeadLetters,
    change: &Change,
    id: Option<&str>,
    work: impl Future<Output = Result<usize, BrokerError>>,
) -> Result<Result<usize, BrokerError>, Refusal> {
    let is_there = match id {
        Some(id) => letters.find(id).await.map(|found| found.is_some()),
        None => letters.count().await.map(|count| count > 0),
    };
    match is_there {
        Ok(true) => {}
        Ok(false) => return Ok(Ok(0)),
        Err(error) => return Ok(Err(error)),
    }
    let object = id.unwrap_or("all");
    visit.audit(change.begun, object, json!({})).await?;
    let done = work.await;
    let (action, details) = match &done {
        Ok(0) => (change.failed, json!({"problem": "it was gone already"})),
        Ok(count) => (change.done, json!({"letters": count})),
        // Some may be done.
        Err(error) => (change.failed, json!({"problem": error.to_string()})),
    };
    visit.audit(action, object, details).await?;
    Ok(done)
}
