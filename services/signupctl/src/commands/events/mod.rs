//! `signupctl events`

pub mod list;
pub mod replay;
pub mod tail;

use serde::Deserialize;
use serde_json::{Value, json};
use signup_core::event::EventType;
use signup_core::time::Timestamp;
use signup_store::{EventFilter, Store, StoredEvent};

use crate::cli::EventChoice;

/// Events that are read from the database at a time.
const PAGE: u32 = 500;

/// Reads the chosen events page by page, the oldest first.
struct Reader<'a> {
    store: &'a Store,
    choice: &'a EventChoice,
    filter: EventFilter,
    after: Option<String>,
}

impl<'a> Reader<'a> {
    fn new(store: &'a Store, choice: &'a EventChoice, since: Timestamp, until: Timestamp) -> Self {
        let types = match choice.types.as_slice() {
            [] => &EventType::ALL,
            types => types,
        };
        Self {
            store,
            choice,
            filter: EventFilter {
                types: types.iter().map(|one| one.as_str().to_owned()).collect(),
                since,
                until,
            },
            after: None,
        }
    }

    /// The next events; none when all were read.
    async fn next_page(&mut self) -> anyhow::Result<Option<Vec<StoredEvent>>> {
        let page = self
            .store
            .list_events(&self.filter, self.after.as_deref(), PAGE)
            .await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        self.after = Some(last.event.id.clone());
        let fits = |stored: &StoredEvent| fits(self.choice, stored);
        Ok(Some(page.into_iter().filter(fits).collect()))
    }
}

fn fits(choice: &EventChoice, stored: &StoredEvent) -> bool {
    let of_provider = |provider: &String| source(stored).split('/').nth(1) == Some(provider);
    choice.provider.as_ref().is_none_or(of_provider)
        && choice
            .subject
            .as_ref()
            .is_none_or(|subject| *subject == stored.event.subject)
}

/// The CloudEvents `source`: `/provider/directory/application`.
fn source(stored: &StoredEvent) -> String {
    #[derive(Deserialize)]
    struct Source {
        source: String,
    }
    serde_json::from_str(&stored.event.envelope)
        .map_or_else(|_| String::new(), |Source { source }| source)
}

fn as_json(stored: &StoredEvent, reveal: bool) -> Value {
    let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
    let mut value = json!({
        "id": stored.event.id,
        "type": stored.event.event_type,
        "source": source(stored),
        "subject": stored.event.subject,
        "time": stored.time.to_string(),
        "attempts": stored.attempts,
        "published_at": text(stored.published_at),
        "replayed_at": text(stored.replayed_at),
        "last_error": stored.last_error,
    });
    if reveal {
        value["envelope"] = serde_json::from_str(&stored.event.envelope).unwrap_or_default();
    }
    value
}

/// What became of an event, in a few words.
fn state(stored: &StoredEvent) -> String {
    match (stored.published_at, &stored.last_error) {
        (Some(at), _) => format!("published {at}"),
        (None, Some(problem)) => format!("waits after {} attempts: {problem}", stored.attempts),
        (None, None) => "waits".to_owned(),
    }
}
