//! A time line as a table.

use maud::{Markup, html};
use signup_app::explain::{self, Search, Words};

use crate::parts;
use crate::visit::Visit;

/// What happened, in the page's language; none if nothing is known.
pub fn tell(visit: &Visit, found: &Search, reveal: bool) -> Option<Markup> {
    let words = &visit.texts.users;
    let told = Words {
        reveal,
        now: visit.now(),
        language: visit.language,
    };
    let story = explain::tell(found, &visit.app.settings, &told);
    if story.steps.is_empty() {
        return None;
    }
    let rows = story.steps.iter().map(|step| {
        [
            parts::time(step.time),
            html! { (visit.texts.steps.of(step.what)) },
            html! { (step.text) },
        ]
    });
    Some(html! {
        section aria-labelledby="story" {
            h2 id="story" { (words.story) }
            (parts::table(words.story_caption, &[words.time, words.step, words.what], rows))
            @if !story.notes.is_empty() {
                ul class="notes" { @for note in &story.notes { li { (note) (words.stop) } } }
            }
        }
    })
}
