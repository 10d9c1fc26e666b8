//! `signupctl dead redrive` and `signupctl dead drop`

use serde_json::json;
use signup_bus::rabbitmq::{DeadLetter, DeadLetters};

use crate::cli::DeadChoice;
use crate::failure::AlreadyReported;
use crate::output::{Output, note};
use crate::workplace::now;

/// What is to become of the chosen letters.
#[derive(Clone, Copy)]
pub(super) enum Change {
    Redrive,
    Drop,
}

pub(super) async fn run(
    letters: &DeadLetters,
    choice: &DeadChoice,
    change: Change,
    output: Output,
) -> anyhow::Result<()> {
    let mut chosen = Vec::new();
    let mut wanted = |letter: &DeadLetter| {
        let is_wanted = fits(choice, letter);
        if is_wanted {
            chosen.push(letter.event.id.clone());
        }
        is_wanted
    };
    match change {
        // Asks about each letter and takes none.
        _ if choice.dry_run => {
            letters
                .redrive(|letter| {
                    wanted(letter);
                    false
                })
                .await?
        }
        Change::Redrive => letters.redrive(wanted).await?,
        Change::Drop => letters.discard(wanted).await?,
    };
    let value = json!({"event_ids": chosen, "dry_run": choice.dry_run});
    output.show(&value, || {
        let done = match (change, choice.dry_run) {
            (Change::Redrive, false) => "was given to the worker again",
            (Change::Redrive, true) => "would be given to the worker again",
            (Change::Drop, false) => "was removed",
            (Change::Drop, true) => "would be removed",
        };
        chosen.iter().map(|id| format!("{id} {done}\n")).collect()
    })?;
    let missing: Vec<&String> = choice
        .ids
        .iter()
        .filter(|id| !chosen.contains(id))
        .collect();
    for id in &missing {
        note(format_args!(
            "signupctl: no dead letter has the event id {id}, or it does not fit the other options"
        ));
    }
    if chosen.is_empty() && missing.is_empty() {
        note("signupctl: no dead letter fits");
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(AlreadyReported.into())
    }
}

fn fits(choice: &DeadChoice, letter: &DeadLetter) -> bool {
    let has_id = choice.ids.is_empty() || choice.ids.contains(&letter.event.id);
    let has_problem = choice
        .problem
        .as_ref()
        .is_none_or(|text| letter.problem.contains(text));
    let is_old = choice
        .older_than
        .is_none_or(|age| letter.died.is_some_and(|died| now().since(died) > age));
    has_id && has_problem && is_old
}
