//! One's own account.

use maud::{Markup, html};
use serde_json::json;
use signup_app::operators::{self, HASHED_FOR};
use signup_core::password::Password;
use signup_core::reply::Reply;
use signup_store::OperatorChange;

use super::sign_in::{limits, matches, refuse_hash};
use crate::access::SIGN_IN;
use crate::parts::{self, Tone, notice};
use crate::refusal::Refusal;
use crate::session;
use crate::visit::Visit;

/// `GET /account`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    Ok(page(&visit, 200, None))
}

/// `POST /account/password`
pub async fn change_password(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.account;
    let refused = |problem: Markup| Ok(page(&visit, 422, Some(problem)));
    // Whoever sits down at somebody else's desk has no more guesses than at the door.
    let limits = limits(&visit, &visit.operator.name);
    let store = &visit.app.store;
    if store
        .take_limits(limits.clone(), visit.now())
        .await?
        .is_err()
    {
        return Ok(page(
            &visit,
            429,
            Some(html! { (visit.texts.sign_in.limited) }),
        ));
    }
    let present = Password::new(visit.form.get("present").to_owned());
    let is_right = match present {
        Ok(present) => matches(&visit, present, &visit.operator.password_hash).await?,
        Err(_) => false,
    };
    if !is_right {
        visit
            .audit("password_change_refused", &visit.operator.name, json!({}))
            .await?;
        return refused(html! { (words.wrong) });
    }
    store.give_back_limits(limits).await?;
    if visit.form.get("new") != visit.form.get("again") {
        return refused(html! { (words.differ) });
    }
    let password = match operators::check_password(visit.form.get("new"), &visit.operator.name) {
        Ok(password) => password,
        Err(problem) => return refused(html! { (words.weak) " " (problem) }),
    };
    let (pool, cost) = (&visit.app.hash_pool, visit.app.settings.hash.cost);
    let hash = pool
        .hash(HASHED_FOR, password, cost, visit.context.deadline)
        .await
        .map_err(refuse_hash)?;
    let change = OperatorChange::OwnPassword {
        session: visit.session.token_hash.clone(),
        present: visit.operator.password_hash.clone(),
        hash,
        now: visit.now(),
    };
    let name = &visit.operator.name;
    if !store.change_operator(name, change, &visit.author()).await? {
        return refused(html! { (words.wrong) });
    }
    Ok(visit.to(SIGN_IN).with_header("set-cookie", session::end()))
}

/// `POST /account/sign-out-everywhere`
pub async fn sign_out_everywhere(visit: Visit) -> Result<Reply, Refusal> {
    let name = &visit.operator.name;
    let store = &visit.app.store;
    store
        .delete_operator_sessions(name, &visit.author())
        .await?;
    Ok(visit.to(SIGN_IN).with_header("set-cookie", session::end()))
}

fn page(visit: &Visit, status: u16, problem: Option<Markup>) -> Reply {
    let words = &visit.texts.account;
    let field = |name: &str, label: &str, autocomplete: &str| {
        html! {
            div class="field" {
                label for=(name) { (label) }
                input type="password" id=(name) name=(name) autocomplete=(autocomplete) required;
            }
        }
    };
    let content = html! {
        dl {
            dt { (words.name) } dd { (visit.operator.name) }
            dt { (words.role) } dd { (visit.texts.roles.of(visit.operator.role)) }
            dt { (words.signed_in) } dd { (parts::time(visit.session.created_at)) }
            dt { (words.ends) } dd { (parts::time(visit.session.ends_at)) }
        }
        h2 { (words.change_password) }
        @if let Some(problem) = problem { (notice(Tone::Bad, problem)) }
        form class="stack" method="post" action="/account/password" {
            (visit.token())
            (field("present", words.present, "current-password"))
            p { (words.rule) }
            (field("new", words.new, "new-password"))
            (field("again", words.again, "new-password"))
            button { (words.change_password) }
        }
        h2 { (words.everywhere) }
        p { (words.everywhere_text) }
        form method="post" action="/account/sign-out-everywhere" {
            (visit.token())
            button class="plain" { (words.everywhere) }
        }
    };
    visit.page_with(status, words.title, content)
}
