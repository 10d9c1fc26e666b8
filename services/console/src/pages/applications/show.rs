//! One application.

use maud::{Markup, html};
use signup_app::declaration;
use signup_core::reply::Reply;
use signup_core::time::Timestamp;
use signup_http::Fault;
use signup_store::CredentialRecord;

use super::{credentials_of, named};
use crate::parts;
use crate::refusal::Refusal;
use crate::visit::Visit;

/// `GET /applications/PROVIDER/ID`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.applications;
    let stored = visit.app.store.declarations().await?;
    let application = named(&visit, &stored)?;
    let file = declaration::of(&stored, application).map_err(|_| Fault::Internal)?;
    let mut credentials: Vec<_> = credentials_of(&stored, application).collect();
    credentials.sort_by_key(|one| (&one.kind, &one.id));
    let headings = [words.kind, words.id, words.made, words.ends];
    let rows = credentials.iter().map(|one| {
        [
            html! { (one.kind) },
            html! { code { (one.id) } },
            parts::time(Timestamp::from_millis(one.created_at)),
            end(&visit, one),
        ]
    });
    let content = html! {
        dl {
            dt { (words.name) } dd { (application.name) }
            dt { (words.directory) } dd { (application.directory) }
            dt { (words.enabled) } dd { @if application.enabled { (words.yes) } @else { (words.no) } }
        }
        h2 { (words.credentials) }
        @if credentials.is_empty() { p { (words.no_credentials) } } @else {
            (parts::table(words.credentials, &headings, rows))
        }
        h2 { (words.declaration) }
        p { (words.declaration_text) " " code { "signupctl apply" } }
        pre tabindex="0" { (file) }
    };
    let title = format!("{}/{}", application.provider, application.id);
    Ok(visit.page(&title, content))
}

fn end(visit: &Visit, credential: &CredentialRecord) -> Markup {
    match credential.expires_at.map(Timestamp::from_millis) {
        None => html! {},
        Some(end) if end <= visit.now() => {
            html! { (parts::time(end)) " (" (visit.texts.applications.ended) ")" }
        }
        Some(end) => parts::time(end),
    }
}
