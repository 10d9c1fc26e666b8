//! The newest events, without what they say about people.

use maud::{Markup, html};
use signup_core::event::EventType;
use signup_core::reply::Reply;
use signup_store::StoredEvent;

use super::users::path_of;
use crate::parts;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// Events on one page.
const MOST: usize = 50;

/// Of each page so many are looked at for those of one provider.
const LOOKED_AT: u32 = 500;

/// `GET /events`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.events;
    let wanted = visit.query.filled("type");
    let provider = visit.query.filled("provider");
    let before = visit.query.filled("before");
    let types = EventType::ALL
        .map(EventType::as_str)
        .into_iter()
        .filter(|known| wanted.is_none_or(|wanted| wanted == *known))
        .map(str::to_owned)
        .collect();
    let events = visit
        .app
        .store
        .newest_events(types, before, LOOKED_AT)
        .await?;
    let is_more = events.len() == LOOKED_AT as usize;
    let last_read = events.last().map(|stored| stored.event.id.clone());
    let mut fitting: Vec<_> = events
        .into_iter()
        .map(|stored| (source_of(&stored), stored))
        .filter(|(source, _)| provider.is_none_or(|one| provider_of(source) == one))
        .collect();
    let next = match fitting.get(MOST) {
        Some(_) => fitting
            .get(MOST - 1)
            .map(|(_, stored)| stored.event.id.clone()),
        None => last_read.filter(|_| is_more),
    };
    fitting.truncate(MOST);
    let content = html! {
        (choice(&visit, wanted, provider))
        p { (words.masked) }
        // Only the newest ones change by themselves.
        @let live = before.is_none();
        section id="latest" aria-label=(words.caption) data-refresh=[live.then_some("3")] data-pause=(words.pause)
            data-go-on=(words.go_on) data-live=(words.live) data-lost=(words.lost) {
            @if fitting.is_empty() { p { (words.none) } } @else { (table(&visit, &fitting)) }
        }
        div class="actions" {
            a href=(visit.location()) { (words.reload) }
            @if let Some(next) = next {
                form method="get" action="/events" {
                    @for (name, value) in [("type", wanted), ("provider", provider)] {
                        @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
                    }
                    input type="hidden" name="before" value=(next);
                    button class="plain" { (words.older) }
                }
            }
        }
    };
    Ok(visit.page(words.title, content))
}

fn choice(visit: &Visit, wanted: Option<&str>, provider: Option<&str>) -> Markup {
    let words = &visit.texts.events;
    let select = |name: &str, label: &str, options: &[&str], chosen: Option<&str>| {
        html! {
            div {
                label for=(name) { (label) } br;
                select id=(name) name=(name) {
                    option value="" { (words.every) }
                    @for option in options { option value=(option) selected[chosen == Some(option)] { (option) } }
                }
            }
        }
    };
    html! {
        form class="filter" method="get" action="/events" {
            (select("type", words.kind, &EventType::ALL.map(EventType::as_str), wanted))
            (select("provider", words.provider, signup_providers::names(), provider))
            button { (words.show) }
        }
    }
}

fn table(visit: &Visit, events: &[(String, StoredEvent)]) -> Markup {
    let words = &visit.texts.events;
    let headings = [
        words.time,
        words.kind,
        words.source,
        words.subject,
        words.state,
        words.id,
    ];
    let rows = events.iter().map(|(source, stored)| {
        let event = &stored.event;
        [
            parts::time(stored.time),
            html! { code { (event.event_type) } },
            html! { (source) },
            html! {
                @if event.event_type == EventType::UserCreated.as_str() && stored.erased_at.is_none() {
                    a href=(path_of(provider_of(source), &event.subject)) { code { (event.subject) } }
                } @else { code { (event.subject) } }
            },
            state(visit, stored),
            html! { code { (event.id) } },
        ]
    });
    parts::table(words.caption, &headings, rows)
}

fn state(visit: &Visit, stored: &StoredEvent) -> Markup {
    let words = &visit.texts.events;
    html! {
        @match (stored.published_at, &stored.last_error) {
            (Some(_), _) => { (words.published) }
            (None, None) => { (words.waits) }
            (None, Some(problem)) => { (words.waits_after) " " (stored.attempts) ", " span lang="en" { (problem) } }
        }
        @if stored.erased_at.is_some() { "; " (words.erased) }
    }
}

/// The CloudEvents `source`: `/provider/directory/application`.
fn source_of(stored: &StoredEvent) -> String {
    let envelope: serde_json::Value =
        serde_json::from_str(&stored.event.envelope).unwrap_or_default();
    envelope["source"].as_str().unwrap_or_default().to_owned()
}

fn provider_of(source: &str) -> &str {
    source.split('/').nth(1).unwrap_or_default()
}
