//! Finding users and what else is known.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::json;
use signup_app::explain::Search;
use signup_app::people::{find_users, masked, spellings};
use signup_core::identifier::EmailAddress;
use signup_core::mask::{mask_email, mask_phone, mask_text};
use signup_core::operator::Role;
use signup_core::reply::Reply;
use signup_store::UserRecord;
use uuid::Uuid;

use super::{path_of, story};
use crate::parts::{self, Tone, notice};
use crate::refusal::Refusal;
use crate::session;
use crate::visit::Visit;

/// No id, address or name is longer, bytes.
const LONGEST: usize = 320;

/// `GET /users`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.users;
    // Anybody can write a link; only what this session has done is told.
    let is_ours = |name: &&str| {
        let proof = session::proof(&visit.form_token, name);
        session::are_equal(visit.query.get("proof"), &proof)
    };
    let told = visit.query.find("erased").filter(is_ours).map(|name| {
        notice(
            Tone::Good,
            html! { p { (words.erased) " " code { (name) } } p { (words.elsewhere) } },
        )
    });
    let content = html! {
        @if let Some(told) = told { (told) }
        (form(&visit, "", None))
    };
    Ok(visit.page(words.title, content))
}

/// `POST /users`: what is looked for may be an address, so it does not stand in the page's own address.
pub async fn submit(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.users;
    let needle = visit.form.filled("needle");
    let Some(needle) = needle.filter(|needle| needle.len() <= LONGEST) else {
        return Ok(visit.to("/users"));
    };
    let store = &visit.app.store;
    let is_mask = is_mask(needle);
    let mut users: BTreeMap<String, UserRecord> = BTreeMap::new();
    if !is_mask {
        for user in find_users(store, needle).await? {
            users.insert(user.id.clone(), user);
        }
    }
    // By an id everybody may look for people; by what people are called only who may see it.
    let is_id = |user: &UserRecord| user.public_id == needle || user.id == needle;
    let by_id = !users.is_empty() && users.values().all(is_id);
    let is_address = !is_mask && !by_id && is_address(needle);
    let by_name = is_address || !users.values().all(is_id);
    let is_support = visit.may(Role::Support);
    if is_address && !is_support {
        let problem = Some(words.needs_support);
        return Ok(visit.page_with(403, words.title, form(&visit, needle, problem)));
    }
    let found = if by_name && !is_support {
        // Who may look for ids only does not learn that somebody has this name.
        users.clear();
        Search::default()
    } else {
        Search::of(store, needle).await?
    };
    users.extend(found.users.clone());
    let shown = if is_mask || by_id || Uuid::try_parse(needle).is_ok() {
        needle.to_owned()
    } else {
        mask(needle)
    };
    let details = json!({"needle": shown, "users": users.len()});
    visit.audit("users_searched", &shown, details).await?;
    let lines = story::tell(&visit, &found, false);
    let content = html! {
        (form(&visit, needle, None))
        @if users.is_empty() && lines.is_none() { (notice(Tone::Plain, html! { (words.nothing) })) }
        @if !users.is_empty() { (table(&visit, users.values())) }
        @if let Some(lines) = lines { (lines) }
    };
    Ok(visit.page(words.title, content))
}

/// Whether it is masked as we mask: `a***@example.com`, `+86 158****9011`, `a***`.
fn is_mask(needle: &str) -> bool {
    let Some((before, after)) = needle.split_once("***") else {
        return false;
    };
    match before.strip_prefix('+') {
        Some(digits) => digits.len() <= 8 && after.len() <= 5,
        None => before.chars().count() <= 1 && (after.is_empty() || after.starts_with('@')),
    }
}

/// Whether it is an address or a number, however it is written.
fn is_address(needle: &str) -> bool {
    let digits = needle.chars().filter(char::is_ascii_digit).count();
    let is_number = digits >= 7
        && !needle
            .chars()
            .any(|c| c.is_alphabetic() || c == '_' || c == '/');
    is_number
        || needle.contains(['@', '＠'])
        || spellings(needle)
            .iter()
            .any(|spelling| spelling.starts_with('+'))
}

/// What was looked for, as the audit log may have it.
fn mask(needle: &str) -> String {
    let number = spellings(needle)
        .into_iter()
        .find(|spelling| spelling.starts_with('+'));
    match number {
        Some(number) => mask_phone(&number),
        None => match EmailAddress::parse(needle) {
            Ok(email) => mask_email(email.key()),
            Err(_) => mask_text(needle),
        },
    }
}

fn form(visit: &Visit, needle: &str, problem: Option<&str>) -> Markup {
    let words = &visit.texts.users;
    html! {
        form class="stack" method="post" action="/users" role="search" {
            (visit.token())
            @if let Some(problem) = problem { (notice(Tone::Bad, html! { span id="fault" { (problem) } })) }
            div class="field" {
                label for="needle" { (words.needle) }
                p class="hint" id="hint" { (words.needle_hint) }
                input type="search" id="needle" name="needle" value=(needle) required autocomplete="off" spellcheck="false"
                    aria-describedby=(if problem.is_some() { "fault hint" } else { "hint" })
                    aria-invalid=[problem.map(|_| "true")];
            }
            button { (words.search) }
        }
    }
}

fn table<'a>(visit: &'a Visit, users: impl Iterator<Item = &'a UserRecord>) -> Markup {
    let words = &visit.texts.users;
    let headings = [
        words.user,
        words.application,
        words.identifiers,
        words.created,
    ];
    let rows = users.map(|user| {
        [
            html! { a href=(path_of(&user.provider, &user.public_id)) { code { (user.public_id) } } },
            html! { (user.provider) "/" (user.application) },
            html! { @for (kind, display, ..) in &user.identifiers { (masked(kind, display)) br; } },
            parts::time(user.created_at),
        ]
    });
    parts::table(words.found, &headings, rows)
}
