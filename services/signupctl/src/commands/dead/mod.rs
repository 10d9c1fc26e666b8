//! `signupctl dead`

mod change;
mod show;

use anyhow::Context as _;
use serde_json::{Value, json};
use signup_bus::rabbitmq::{DeadLetter, DeadLetters, lane_queue};
use signup_core::time::Timestamp;

use crate::cli::DeadCommand;
use crate::failure::Misuse;
use crate::output::Output;
use crate::workplace::Workplace;

/// Does what the command says.
pub async fn run(place: &Workplace, command: DeadCommand, output: Output) -> anyhow::Result<()> {
    let letters = open(place).await?;
    let done = match command {
        DeadCommand::List { limit } => show::list(&letters, limit, output).await,
        DeadCommand::Show { id, reveal } => show::one(&letters, &id, reveal, output).await,
        DeadCommand::Redrive(choice) => {
            change::run(&letters, &choice, change::Change::Redrive, output).await
        }
        DeadCommand::Drop(choice) => {
            change::run(&letters, &choice, change::Change::Drop, output).await
        }
    };
    letters.close().await;
    done
}

async fn open(place: &Workplace) -> anyhow::Result<DeadLetters> {
    let broker = place.settings.bus.broker("signupctl").ok_or_else(|| {
        Misuse(
            "bus.url is \"in-process\", which has no dead letters: what cannot be dealt with waits in the outbox \
             (signupctl events list --waiting)"
                .to_owned(),
        )
    })?;
    let url = broker.url.clone();
    DeadLetters::open(broker)
        .await
        .with_context(|| format!("bus.url = {url}"))
}

fn as_json(letter: &DeadLetter) -> Value {
    let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
    json!({
        "id": letter.event.id,
        "type": letter.event.event_type,
        "subject": letter.event.subject,
        "queue": lane_queue(letter.lane),
        "attempts": letter.attempts,
        "problem": letter.problem,
        "first_failure": text(letter.first_failure),
        "died": text(letter.died),
    })
}

fn died(letter: &DeadLetter) -> String {
    letter
        .died
        .map_or_else(|| "unknown".to_owned(), |time| time.to_string())
}
