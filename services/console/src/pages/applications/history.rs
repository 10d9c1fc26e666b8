//! How an application came to be what it is.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::Value;
use signup_store::DeclarationChange;

use crate::parts;
use crate::visit::Visit;

/// The changes as a table, the newest first.
pub fn section(visit: &Visit, changes: &[DeclarationChange]) -> Markup {
    let words = &visit.texts.applications;
    let headings = [words.time, words.author, words.what, words.changes];
    let rows = changes.iter().map(|change| {
        [
            parts::time(change.time),
            html! { (change.author) " (" (change.origin) ")" },
            html! { (change.what) " " (change.id) },
            differences(visit, change),
        ]
    });
    html! {
        section aria-labelledby="history" {
            h2 id="history" { (words.history) }
            @if changes.is_empty() { p { (words.no_history) } } @else {
                (parts::table(words.history_caption, &headings, rows))
            }
        }
    }
}

fn differences(visit: &Visit, change: &DeclarationChange) -> Markup {
    let words = &visit.texts.applications;
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        return html! { (words.is_new) };
    };
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    html! {
        ul class="differences" {
            @for (key, before, after) in found {
                li { code { (key) } ": " del { code { (before) } } " → " ins { code { (after) } } }
            }
        }
    }
}

/// Every key whose value differs, with both values.
fn compare(key: &str, before: &Value, after: &Value, found: &mut Vec<(String, String, String)>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
            for name in names {
                let below = match key {
                    "" => name.clone(),
                    key => format!("{key}.{name}"),
                };
                let value = |side: &serde_json::Map<String, Value>| {
                    side.get(name).cloned().unwrap_or_default()
                };
                compare(&below, &value(before), &value(after), found);
            }
        }
        (before, after) if before == after => {}
        (before, after) => found.push((key.to_owned(), before.to_string(), after.to_string())),
    }
}
