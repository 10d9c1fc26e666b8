//! One application.

use maud::html;
use signup_app::declaration;
use signup_core::operator::Role;
use signup_core::reply::Reply;
use signup_store::{ApplicationRecord, DeclarationChange, Declarations};

use super::{credentials, history, named, path_of};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// Changes that are shown.
const MOST: u32 = 50;

/// `GET /applications/PROVIDER/ID`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    let stored = visit.app.store.declarations().await?;
    let application = named(&visit, &stored)?;
    let changes = visit
        .app
        .store
        .declaration_changes(
            &application.provider,
            &application.id,
            &application.directory,
            MOST,
        )
        .await?;
    Ok(whole(&visit, &stored, application, Some(&changes), None))
}

/// The page again, because something about its credentials was refused.
pub fn page(
    visit: &Visit,
    stored: &Declarations,
    application: &ApplicationRecord,
    problem: Option<&str>,
) -> Reply {
    whole(visit, stored, application, None, problem)
}

fn whole(
    visit: &Visit,
    stored: &Declarations,
    application: &ApplicationRecord,
    changes: Option<&[DeclarationChange]>,
    problem: Option<&str>,
) -> Reply {
    let words = &visit.texts.applications;
    let path = path_of(application);
    let file = declaration::of(stored, application).unwrap_or_default();
    let content = html! {
        dl {
            dt { (words.name) } dd { (application.name) }
            dt { (words.directory) } dd { (application.directory) }
            dt { (words.enabled) } dd { @if application.enabled { (words.yes) } @else { (words.no) } }
        }
        @if visit.may(Role::Admin) {
            p class="actions" {
                a class="button" href={ (path) "/settings" } { (words.edit) }
                a href={ (path) "/declaration" } { (words.edit_as_file) }
            }
        }
        (credentials::section(visit, stored, application, problem))
        section aria-labelledby="declaration" {
            h2 id="declaration" { (words.declaration) }
            p { (words.declaration_text) " " code { "signupctl apply" } }
            pre tabindex="0" role="region" aria-label=(words.declaration) { (file) }
        }
        @if let Some(changes) = changes { (history::section(visit, changes)) }
    };
    let status = if problem.is_some() { 422 } else { 200 };
    let title = format!("{}/{}", application.provider, application.id);
    visit.page_with(status, &title, content)
}
