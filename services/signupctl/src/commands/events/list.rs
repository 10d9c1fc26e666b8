//! `signupctl events list`

use serde_json::Value;

use super::{Reader, as_json, source, state};
use crate::cli::EventsListArgs;
use crate::moment::end_of_window;
use crate::output::{Output, note, table};
use crate::workplace::Workplace;

/// Lists the chosen events, the oldest first.
pub async fn run(
    place: &Workplace,
    arguments: &EventsListArgs,
    output: Output,
) -> anyhow::Result<()> {
    place.must_be_migrated().await?;
    let until = end_of_window(arguments.since, arguments.until)?;
    let mut reader = Reader::new(&place.store, &arguments.choice, arguments.since, until);
    let mut events = Vec::new();
    while events.len() <= arguments.limit
        && let Some(page) = reader.next_page().await?
    {
        let wanted = page
            .into_iter()
            .filter(|stored| !arguments.waiting || stored.published_at.is_none());
        events.extend(wanted);
    }
    let more = events.len() > arguments.limit;
    events.truncate(arguments.limit);
    let value: Vec<Value> = events
        .iter()
        .map(|stored| as_json(stored, arguments.reveal))
        .collect();
    output.show(&value, || {
        let rows: Vec<_> = events
            .iter()
            .map(|stored| {
                [
                    stored.time.to_string(),
                    stored.event.event_type.clone(),
                    source(stored),
                    stored.event.subject.clone(),
                    stored.event.id.clone(),
                    state(stored),
                ]
            })
            .collect();
        table(
            ["TIME", "TYPE", "SOURCE", "SUBJECT", "ID", "STATE"],
            &rows,
            "no event of this kind and time; look further back with --since",
        )
    })?;
    if more {
        note(format_args!(
            "signupctl: more than {} events; see them with --limit or a shorter time",
            arguments.limit
        ));
    }
    Ok(())
}
