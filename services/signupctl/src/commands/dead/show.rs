//! `signupctl dead list` and `signupctl dead show`

use serde_json::Value;
use signup_bus::rabbitmq::{DeadLetters, lane_queue};

use super::{as_json, died};
use crate::failure::AlreadyReported;
use crate::output::{Output, note, table};

pub(super) async fn list(
    letters: &DeadLetters,
    limit: usize,
    output: Output,
) -> anyhow::Result<()> {
    let all = letters.count().await?;
    let listed = letters.list(limit).await?;
    let value: Vec<Value> = listed.iter().map(as_json).collect();
    output.show(&value, || {
        let rows: Vec<_> = listed
            .iter()
            .map(|letter| {
                [
                    died(letter),
                    letter.event.event_type.clone(),
                    letter.event.id.clone(),
                    letter.attempts.to_string(),
                    letter.problem.clone(),
                ]
            })
            .collect();
        table(
            ["GIVEN UP", "TYPE", "EVENT", "ATTEMPTS", "PROBLEM"],
            &rows,
            "the worker has given up nothing",
        )
    })?;
    let shown = u32::try_from(listed.len()).unwrap_or(u32::MAX);
    if all > shown {
        note(format_args!(
            "signupctl: {shown} of {all} are shown; see more with --limit"
        ));
    }
    Ok(())
}

pub(super) async fn one(
    letters: &DeadLetters,
    id: &str,
    reveal: bool,
    output: Output,
) -> anyhow::Result<()> {
    let Some(letter) = letters.find(id).await? else {
        note(format_args!(
            "signupctl: no dead letter has the event id {id}; `signupctl dead list` shows them all"
        ));
        return Err(AlreadyReported.into());
    };
    let mut value = as_json(&letter);
    let envelope = || {
        serde_json::from_str(&letter.event.envelope)
            .unwrap_or_else(|_| Value::from(letter.event.envelope.clone()))
    };
    if reveal {
        value["envelope"] = envelope();
    }
    output.show(&value, || {
        let mut lines = vec![
            format!(
                "event     {} ({})",
                letter.event.id, letter.event.event_type
            ),
            format!("subject   {}", letter.event.subject),
            format!("queue     {}", lane_queue(letter.lane)),
            format!(
                "given up  {} after {} attempts",
                died(&letter),
                letter.attempts
            ),
            format!("problem   {}", letter.problem),
        ];
        if reveal {
            lines.push(format!("{:#}", envelope()));
        } else {
            lines.push("The event itself is shown with --reveal.".to_owned());
        }
        lines.join("\n")
    })
}
