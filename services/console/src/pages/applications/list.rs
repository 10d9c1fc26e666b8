//! The list of applications.

use maud::html;
use signup_core::operator::Role;
use signup_core::reply::Reply;

use super::{credentials_of, path_of};
use crate::parts;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// `GET /applications`
pub async fn list(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.applications;
    let stored = visit.app.store.declarations().await?;
    let provider = visit.query.filled("provider");
    let mut shown: Vec<_> = stored
        .applications
        .iter()
        .filter(|application| provider.is_none_or(|provider| application.provider == provider))
        .collect();
    shown.sort_by_key(|application| (&application.provider, &application.id));
    let rows = shown.iter().map(|application| {
        [
            html! { a href=(path_of(application)) { (application.provider) "/" (application.id) } },
            html! { (application.name) },
            html! { (application.directory) },
            html! { @if application.enabled { (words.yes) } @else { (words.no) } },
            html! { (credentials_of(&stored, application).count()) },
        ]
    });
    let headings = [
        words.application,
        words.name,
        words.directory,
        words.enabled,
        words.credentials,
    ];
    let content = html! {
        form class="filter" method="get" action="/applications" {
            div {
                label for="provider" { (words.provider) } br;
                select id="provider" name="provider" {
                    option value="" { (words.every) }
                    @for name in signup_providers::names() {
                        option value=(name) selected[provider == Some(name)] { (name) }
                    }
                }
            }
            button { (words.show) }
        }
        @if shown.is_empty() {
            p { (words.none) " " code { "signupctl apply -f FILE" } }
        } @else {
            (parts::table(words.caption, &headings, rows))
        }
        @if visit.may(Role::Admin) {
            p { a class="button" href="/new-application" { (words.new_application) } }
        }
    };
    Ok(visit.page(words.title, content))
}
