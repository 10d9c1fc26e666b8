//! One user.

use maud::{Markup, html};
use serde_json::Value;
use signup_app::explain::Search;
use signup_app::people;
use signup_core::operator::Role;
use signup_core::reply::Reply;
use signup_store::UserRecord;

use super::{details_of, named, object_of, path_of, story};
use crate::parts::{self, Tone, notice};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// `GET /users/PROVIDER/ID`
pub async fn masked(visit: Visit) -> Result<Reply, Refusal> {
    let user = named(&visit).await?;
    page(&visit, &user, false).await
}

/// `POST /users/PROVIDER/ID`: the same page with personal data in full. Not a GET, because that it was seen is noted.
pub async fn in_full(visit: Visit) -> Result<Reply, Refusal> {
    let user = named(&visit).await?;
    visit
        .audit("user_revealed", &object_of(&user), details_of(&user))
        .await?;
    page(&visit, &user, true).await
}

async fn page(visit: &Visit, user: &UserRecord, reveal: bool) -> Result<Reply, Refusal> {
    let words = &visit.texts.users;
    let found = Search::of(&visit.app.store, &user.id).await?;
    let content = html! {
        @if reveal { (notice(Tone::Plain, html! { (words.in_full) })) } @else { p { (words.masked) } }
        (facts(visit, user, reveal))
        (actions(visit, user, reveal))
        @if let Some(lines) = story::tell(visit, &found, reveal) { (lines) }
    };
    Ok(visit.page(&object_of(user), content))
}

fn facts(visit: &Visit, user: &UserRecord, reveal: bool) -> Markup {
    let words = &visit.texts.users;
    let profile = people::profile(user, reveal);
    html! {
        dl {
            dt { (words.application) } dd { a href={ "/applications/" (user.provider) "/" (user.application) } { (user.provider) "/" (user.application) } }
            dt { (words.directory) } dd { (user.directory) }
            dt { (words.identifiers) }
            dd {
                @for (kind, display, _, verified) in &user.identifiers {
                    div {
                        (kind) ": " code { @if reveal { (display) } @else { (people::masked(kind, display)) } }
                        @if *verified { " (" (words.verified) ")" }
                    }
                }
            }
            dt { (words.password) } dd { @if user.has_password { (words.set) } @else { (words.none) } }
            dt { (words.created) } dd { (parts::time(user.created_at)) }
            dt { (words.request) } dd { code { (user.request_id) } }
            dt { (words.own_id) } dd { code { (user.id) } }
            @if !profile.is_empty() {
                dt { (words.profile) }
                dd {
                    @for (name, value) in &profile {
                        div { code { (name) } ": " (text(value)) }
                    }
                }
            }
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn actions(visit: &Visit, user: &UserRecord, reveal: bool) -> Markup {
    let words = &visit.texts.users;
    let path = path_of(&user.provider, &user.public_id);
    html! {
        @if visit.may(Role::Support) {
            div class="actions" {
                @if !reveal {
                    form method="post" action=(path) { (visit.token()) button class="plain" { (words.reveal) } }
                }
                form method="post" action={ (path) "/export" } { (visit.token()) button aria-describedby="export-text" { (words.export) } }
                @if visit.may(Role::Admin) {
                    a class="button" href={ (path) "/erase" } { (words.erase) "…" }
                }
            }
            p id="export-text" { (words.export_text) }
        }
    }
}
