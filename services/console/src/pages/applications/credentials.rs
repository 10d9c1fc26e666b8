//! Making and ending the credentials of an application.

use std::path::Path;

use maud::{Markup, html};
use signup_app::apply::NewSecret;
use signup_app::credentials::{CredentialOwner, issue, random_id};
use signup_app::declaration;
use signup_core::credential::CredentialKind;
use signup_core::operator::Role;
use signup_core::reply::Reply;
use signup_core::time::Timestamp;
use signup_store::{ApplicationRecord, Change, CredentialRecord, Declarations};

use super::{credentials_of, named, path_of, saved};
use crate::parts::{self, Tone, notice};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// `POST /applications/PROVIDER/ID/credentials`
pub async fn create(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.applications;
    let stored = visit.app.store.declarations().await?;
    let application = named(&visit, &stored)?;
    let refused = |problem: &str| {
        Ok(super::show::page(
            &visit,
            &stored,
            application,
            Some(problem),
        ))
    };
    let Ok(kind) = visit.form.get("kind").parse::<CredentialKind>() else {
        return refused(words.kind_unknown);
    };
    let id = match visit.form.filled("id") {
        Some(id) => id.to_owned(),
        None => random_id()?,
    };
    if let Err(problem) = must_fit(&stored, application, kind, &id) {
        return refused(&problem);
    }
    let is_taken = |other: &CredentialRecord| {
        other.provider == application.provider && other.kind == kind.as_str() && other.id == id
    };
    if stored.credentials.iter().any(is_taken) {
        return refused(words.id_taken);
    }
    let owner = CredentialOwner {
        provider: &application.provider,
        application: Some(&application.id),
        kind,
        id: &id,
    };
    let issued = issue(&visit.app.keys, &owner, visit.now())?;
    let change = vec![Change::AddCredential(issued.record)];
    let store = &visit.app.store;
    store
        .change_declarations_as(visit.author(), change, None)
        .await?;
    let name = format!("{}/{kind}/{id}", application.provider);
    let secrets: Vec<NewSecret> = issued
        .secret
        .map(|secret| NewSecret {
            name,
            application: application.id.clone(),
            secret,
        })
        .into_iter()
        .collect();
    Ok(saved(&visit, &path_of(application), &secrets))
}

/// `POST /applications/PROVIDER/ID/credentials/revoke`
pub async fn revoke(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.applications;
    let stored = visit.app.store.declarations().await?;
    let application = named(&visit, &stored)?;
    let (kind, id) = (visit.form.get("kind"), visit.form.get("id"));
    let Some(credential) =
        credentials_of(&stored, application).find(|one| one.kind == kind && one.id == id)
    else {
        return Err(Refusal::NotFound);
    };
    if !visit.form.is_ticked("sure") {
        let problem = words.tick_sure;
        return Ok(super::show::page(
            &visit,
            &stored,
            application,
            Some(problem),
        ));
    }
    let now = visit.now().as_millis();
    if credential.expires_at.is_none_or(|end| end > now) {
        let ended = CredentialRecord {
            expires_at: Some(now),
            ..credential.clone()
        };
        let change = vec![Change::PutCredential(ended)];
        let store = &visit.app.store;
        store
            .change_declarations_as(visit.author(), change, None)
            .await?;
    }
    Ok(visit.to(&path_of(application)))
}

/// Which kinds an application can have is its provider's affair, so the provider is asked whether it would read the file with
/// this credential in it.
fn must_fit(
    stored: &Declarations,
    application: &ApplicationRecord,
    kind: CredentialKind,
    id: &str,
) -> Result<(), String> {
    let file = declaration::of(stored, application).map_err(|error| error.to_string())?;
    let file = declaration::with_credential(file, kind, id);
    let entry = signup_providers::find(&application.provider)
        .ok_or_else(|| application.provider.clone())?;
    (entry.declarations)(Path::new(""), &file)
        .map(drop)
        .map_err(|error| error.problem)
}

/// The credentials of an application, and for administrators what can be done with them.
pub fn section(
    visit: &Visit,
    stored: &Declarations,
    application: &ApplicationRecord,
    problem: Option<&str>,
) -> Markup {
    let words = &visit.texts.applications;
    let path = path_of(application);
    let mut credentials: Vec<_> = credentials_of(stored, application).collect();
    credentials.sort_by_key(|one| (&one.kind, &one.id));
    let rows = credentials.iter().map(|one| {
        [
            html! { code { (one.kind) "/" (one.id) } },
            parts::time(Timestamp::from_millis(one.created_at)),
            end(visit, one),
            html! {
                @if visit.may(Role::Admin) && !has_ended(visit, one) {
                    details {
                        summary { (words.revoke) }
                        form method="post" action={ (path) "/credentials/revoke" } {
                            (visit.token())
                            input type="hidden" name="kind" value=(one.kind);
                            input type="hidden" name="id" value=(one.id);
                            label { input type="checkbox" name="sure" required; " " (words.sure) }
                            " "
                            button class="grave" { (words.revoke) " " (one.id) }
                        }
                    }
                }
            },
        ]
    });
    let entry = signup_providers::find(&application.provider);
    let kinds = entry.map_or(&[][..], |entry| entry.credentials);
    let headings = [words.credential, words.made, words.ends, words.action];
    html! {
        section aria-labelledby="credentials" {
            h2 id="credentials" { (words.credentials) }
            @if let Some(problem) = problem { (notice(Tone::Bad, html! { p { (problem) } })) }
            @if credentials.is_empty() { p { (words.no_credentials) } } @else {
                (parts::table(words.credentials, &headings, rows))
            }
            @if visit.may(Role::Admin) {
                form class="filter" method="post" action={ (path) "/credentials" } {
                    (visit.token())
                    div {
                        label for="kind" { (words.kind) } br;
                        select id="kind" name="kind" {
                            @for kind in kinds {
                                option value=(kind) selected[visit.form.get("kind") == kind.as_str()] {
                                    (kind) ": " (words.credential_kind(*kind))
                                }
                            }
                        }
                    }
                    div {
                        label for="id" { (words.id_or_random) } br;
                        input type="text" id="id" name="id" value=(visit.form.get("id")) autocomplete="off";
                    }
                    button { (words.create_credential) }
                }
            }
        }
    }
}

fn has_ended(visit: &Visit, credential: &CredentialRecord) -> bool {
    let now = visit.now().as_millis();
    credential.expires_at.is_some_and(|end| end <= now)
}

fn end(visit: &Visit, credential: &CredentialRecord) -> Markup {
    let words = &visit.texts.applications;
    html! {
        @if let Some(end) = credential.expires_at {
            (parts::time(Timestamp::from_millis(end)))
            @if has_ended(visit, credential) { " (" (words.ended) ")" }
        }
    }
}

/// New secrets, the only time that they are shown: as the answer to the form, which nobody keeps.
pub fn secrets(visit: &Visit, path: &str, secrets: &[NewSecret]) -> Reply {
    let words = &visit.texts.applications;
    let content = html! {
        (notice(Tone::Good, html! { p { (words.secret_once) } }))
        dl {
            @for new in secrets {
                dt { code { (new.name) } }
                dd class="secret" { (new.secret.expose()) }
            }
        }
        p { a href=(path) { (words.back_to) } }
    };
    visit.page(words.secret_title, content)
}
