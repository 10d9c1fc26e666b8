//! How an application came to be what it is.

use maud::{Markup, html};
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
    html! {
        ul class="differences" {
            @for one in signup_store::differences(before, after) {
                li { code { (one.key) } ": " del { code { (one.before) } } " → " ins { code { (one.after) } } }
            }
        }
    }
}
