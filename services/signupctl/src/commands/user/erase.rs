//! `signupctl user erase`

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};
use serde_json::json;
use signup_app::people::masked;
use signup_store::{Erased, UserRecord};

use super::{NOBODY, context, noted, the_user};
use crate::cli::UserEraseArgs;
use crate::failure::Misuse;
use crate::output::Output;
use crate::workplace::{Workplace, now};

/// Erases a user, once that is confirmed.
pub async fn run(
    place: &Workplace,
    arguments: &UserEraseArgs,
    output: Output,
) -> anyhow::Result<()> {
    place.must_be_migrated().await?;
    let user = the_user(place, &arguments.user).await?;
    let (store, provider, id) = (&place.store, &user.provider, &user.public_id);
    let context = context();
    let erased = if arguments.dry_run {
        let dossier = store.dossier(provider, id).await?;
        Erased::foreseen(&dossier.context(NOBODY)?)
    } else {
        if !arguments.yes {
            confirm(&user)?;
        }
        let noted = noted(place, "user_erased", &user, &context);
        let erased = store
            .erase_user(provider, id, now(), &context, &noted)
            .await?;
        erased.context(NOBODY)?
    };
    let value = json!({
        "user": id,
        "provider": provider,
        "directory": user.directory,
        "application": user.application,
        "dry_run": arguments.dry_run,
        "identifiers": erased.identifiers,
        "codes": erased.codes,
        "requests_anonymised": erased.decisions,
        "replies": erased.replies,
        "events": erased.events,
        "events_removed_once_published": erased.waiting,
        "event_id": erased.event_id,
        "request_id": erased.event_id.as_ref().map(|_| &context.request_id),
    });
    output.show(&value, || as_text(&user, &erased))
}

fn confirm(user: &UserRecord) -> anyhow::Result<()> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(
            Misuse("to erase a user without a terminal to ask on, add --yes".to_owned()).into(),
        );
    }
    let identifiers: Vec<String> = user
        .identifiers
        .iter()
        .map(|(kind, display, ..)| masked(kind, display))
        .collect();
    write!(
        io::stderr(),
        "User {} of {}/{}, {}, will be erased. This cannot be taken back.\nType the user's id to go on: ",
        user.public_id,
        user.provider,
        user.application,
        identifiers.join(", ")
    )
    .context("the terminal cannot be written")?;
    let mut typed = String::new();
    io::stdin()
        .read_line(&mut typed)
        .context("the terminal cannot be read")?;
    if typed.trim() != user.public_id {
        bail!("this is not the user's id; nothing was erased");
    }
    Ok(())
}

fn as_text(user: &UserRecord, erased: &Erased) -> String {
    let done = if erased.event_id.is_some() {
        "was erased"
    } else {
        "would be erased"
    };
    let mut text = format!(
        "user {} of {}/{} {done}: {} identifiers, {} codes and windows, {} kept replies, {} events; {} requests anonymised",
        user.public_id,
        user.provider,
        user.application,
        erased.identifiers,
        erased.codes,
        erased.replies,
        erased.events,
        erased.decisions,
    );
    if erased.waiting > 0 {
        text.push_str(&format!(
            "\n{} events still have to be published; then they are removed as well",
            erased.waiting
        ));
    }
    if let Some(id) = &erased.event_id {
        text.push_str(&format!("\nannounced as event {id}"));
    }
    text
}
