//! `signupctl events tail`

use std::collections::HashSet;
use std::time::Duration;

use signup_core::time::Timestamp;
use signup_store::StoredEvent;
use tokio::signal::ctrl_c;
use tokio::time::sleep;

use super::{Reader, as_json, source};
use crate::cli::EventsTailArgs;
use crate::output::{Output, note, print_to_reader};
use crate::workplace::{Workplace, now};

/// How often the outbox is looked at.
const INTERVAL: Duration = Duration::from_millis(500);
/// Transactions commit out of order, so an event may appear this long after one with a later id.
const OVERLAP: Duration = Duration::from_secs(60);

/// Prints events that are written from now on, one a line, until Ctrl-C or until nobody reads them any more.
pub async fn run(
    place: &Workplace,
    arguments: &EventsTailArgs,
    output: Output,
) -> anyhow::Result<()> {
    place.must_be_migrated().await?;
    if !output.is_json() {
        note("signupctl: following events; Ctrl-C ends");
    }
    let mut seen = Seen::until(now());
    for stored in recent(place, arguments, now()).await? {
        seen.insert(&stored);
    }
    loop {
        tokio::select! {
            _ = ctrl_c() => return Ok(()),
            () = sleep(INTERVAL) => {}
        }
        let present = now();
        for stored in recent(place, arguments, present).await? {
            if seen.insert(&stored) {
                let read = print_to_reader(&line(&stored, arguments.reveal, output))?;
                if !read {
                    return Ok(());
                }
            }
        }
        seen.forget_before(present);
    }
}

async fn recent(
    place: &Workplace,
    arguments: &EventsTailArgs,
    present: Timestamp,
) -> anyhow::Result<Vec<StoredEvent>> {
    let (since, until) = (present.before(OVERLAP), present.after(OVERLAP));
    let mut reader = Reader::new(&place.store, &arguments.choice, since, until);
    let mut events = Vec::new();
    while let Some(page) = reader.next_page().await? {
        events.extend(page);
    }
    Ok(events)
}

/// The ids that were printed, as far back as they can come again.
struct Seen {
    ids: HashSet<String>,
    older: HashSet<String>,
    turned: Timestamp,
}

impl Seen {
    fn until(present: Timestamp) -> Self {
        Self {
            ids: HashSet::new(),
            older: HashSet::new(),
            turned: present,
        }
    }

    /// Whether it is new.
    fn insert(&mut self, stored: &StoredEvent) -> bool {
        let id = &stored.event.id;
        !self.older.contains(id) && self.ids.insert(id.clone())
    }

    /// Two generations, each twice as long as an id can come again.
    fn forget_before(&mut self, present: Timestamp) {
        if present.since(self.turned) > OVERLAP * 2 {
            self.older = std::mem::take(&mut self.ids);
            self.turned = present;
        }
    }
}

fn line(stored: &StoredEvent, reveal: bool, output: Output) -> String {
    if output.is_json() {
        return format!("{}\n", as_json(stored, reveal));
    }
    let event = &stored.event;
    format!(
        "{} {} {} {} {}\n",
        stored.time,
        output.coloured("1;36", &event.event_type),
        source(stored),
        event.subject,
        event.id
    )
}
