//! The start page.

use maud::html;
use signup_core::reply::Reply;

use crate::parts;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// `GET /`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.overview;
    let stored = visit.app.store.declarations().await?;
    let backlog = visit.app.store.backlog().await?;
    let rows = signup_providers::names().iter().map(|name| {
        let of_provider = stored
            .applications
            .iter()
            .filter(|one| one.provider == *name);
        let (open, all) = of_provider.fold((0, 0), |(open, all), one| {
            (open + usize::from(one.enabled), all + 1)
        });
        [
            html! { a href={ "/applications?provider=" (name) } { (name) } },
            html! { (all) },
            html! { (open) },
        ]
    });
    let oldest = backlog.oldest.map(parts::time);
    let content = html! {
        section aria-labelledby="by-provider" {
            h2 id="by-provider" { (visit.texts.applications.title) }
            (parts::table(words.by_provider, &[words.provider, words.all, words.enabled], rows))
        }
        section aria-labelledby="events" {
            h2 id="events" { (words.events) }
            dl {
                dt { (words.waiting) } dd { (backlog.waiting) }
                @if let Some(oldest) = oldest { dt { (words.oldest) } dd { (oldest) } }
            }
        }
    };
    Ok(visit.page(words.title, content))
}
