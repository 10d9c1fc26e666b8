//! Signing in and out.

use std::time::Duration;

use maud::html;
use serde_json::json;
use signup_app::hash_pool::HashError;
use signup_app::operators::HASHED_FOR;
use signup_core::code::{Limit, LimitScope};
use signup_core::mask::mask_text;
use signup_core::password::Password;
use signup_core::reply::Reply;
use signup_core::user::PasswordHash;
use signup_http::Fault;
use signup_store::{Operator, OperatorSession};

use crate::access::find_session;
use crate::parts::{Tone, notice};
use crate::refusal::Refusal;
use crate::visit::{Visit, Visitor};
use crate::{headers, layout, session};

/// `GET /sign-in`
pub async fn show(visitor: Visitor) -> Result<Reply, Refusal> {
    let next = layout::home(visitor.query.get("next"));
    if find_session(&visitor).await?.is_some() {
        return Ok(headers::to(next));
    }
    Ok(form(&visitor, 200, next, None))
}

/// `POST /sign-in`
pub async fn submit(visitor: Visitor) -> Result<Reply, Refusal> {
    let next = layout::home(visitor.form.get("next"));
    let name = visitor.form.get("name").trim().to_lowercase();
    let limits = limits(&visitor, &name);
    let store = &visitor.app.store;
    if let Err(exhausted) = store.take_limits(limits.clone(), visitor.now()).await? {
        log::warn!(event = "console.sign_in_limited"; "too many attempts to sign in");
        let reply = form(
            &visitor,
            429,
            next,
            Some(&Problem::Limited(exhausted.retry_after)),
        );
        let seconds = exhausted.retry_after.as_secs().max(1).to_string();
        return Ok(reply.with_header("retry-after", seconds));
    }
    let operators = store.operators().await?;
    let operator = operators.iter().find(|operator| operator.name == name);
    let password = visitor.form.get("password").to_owned();
    let is_right = match check(&visitor, &name, &operators, operator, password).await {
        Ok(is_right) => is_right,
        Err(refusal) => {
            // Nothing was compared, so it was no guess.
            store.give_back_limits(limits).await?;
            return Err(refusal);
        }
    };
    if let Some(operator) = operator.filter(|operator| is_right && !operator.disabled)
        && let Some(token) = begin(&visitor, operator).await?
    {
        store.give_back_limits(limits).await?;
        return Ok(headers::to(next).with_header("set-cookie", session::begin(&token)));
    }
    // Some people type their password into the wrong field.
    let shown = if operator.is_some() {
        name
    } else {
        mask_text(&name)
    };
    let author = visitor.author_as(&shown);
    let entry = author.did("sign_in_refused", None, json!({}));
    store.insert_audit_entry(&entry).await?;
    Ok(form(&visitor, 401, next, Some(&Problem::Refused)))
}

/// `POST /sign-out`
pub async fn sign_out(visit: Visit) -> Result<Reply, Refusal> {
    let store = &visit.app.store;
    store
        .delete_operator_session(&visit.session.token_hash, &visit.author())
        .await?;
    Ok(visit
        .to(crate::access::SIGN_IN)
        .with_header("set-cookie", session::end()))
}

/// What is counted of an attempt: for its name and client together, so that nobody keeps an operator out by guessing from
/// somewhere else; for its client; and for its name wherever from, much higher, against many clients that guess together.
/// Counted before anything is compared, so that guesses at the same moment count like those one after the other.
pub fn limits(visitor: &Visitor, name: &str) -> Vec<Limit> {
    let settings = &visitor.app.settings.console;
    let limit = |what: &str, whose: &str, allowed| Limit {
        // Hashed: a name may be anything that was typed.
        key: format!("console/{what}/{}", session::hash(whose)),
        scope: LimitScope::Client,
        allowed,
        window: settings.sign_in_window,
    };
    let client = visitor.context.client_network();
    let name_and_client = format!("{name}\n{client}");
    vec![
        limit("client", &client, settings.sign_ins_per_client),
        limit("name-client", &name_and_client, settings.sign_ins_per_name),
        limit("name", name, settings.sign_ins_per_name_everywhere),
    ]
}

/// Whether the password is the operator's. Takes as long for a name that nobody has.
async fn check(
    visitor: &Visitor,
    name: &str,
    operators: &[Operator],
    operator: Option<&Operator>,
    password: String,
) -> Result<bool, Refusal> {
    let nobody = nobody(visitor.app.settings.hash.cost, name, operators);
    let hash = operator.map_or(&nobody, |operator| &operator.password_hash);
    // What no operator can have as a password takes its time as well.
    let (password, is_possible) = match Password::new(password) {
        Ok(password) => (password, true),
        Err(_) => (
            Password::new(String::new()).map_err(|_| Fault::Internal)?,
            false,
        ),
    };
    let matches = matches(visitor, password, hash).await?;
    Ok(matches && is_possible && operator.is_some())
}

/// Compares on the hash threads.
pub async fn matches(
    visitor: &Visitor,
    password: Password,
    hash: &PasswordHash,
) -> Result<bool, Refusal> {
    let deadline = visitor.context.deadline;
    let compared = visitor
        .app
        .hash_pool
        .matches(HASHED_FOR, password, hash, deadline)
        .await;
    compared.map_err(refuse_hash)
}

/// Why there is no hash, as a page.
pub fn refuse_hash(error: HashError) -> Refusal {
    match error {
        HashError::Busy { retry_after } => Refusal::Fault(Fault::Busy { retry_after }),
        error => {
            log::error!(event = "console.hash"; "a password could not be compared: {error}");
            Refusal::Fault(Fault::Internal)
        }
    }
}

/// A hash that no password has. Its cost is that of some operator's, always the same one's for a name: passwords that were
/// set before `hash.cost` was changed take another time, and that must not tell who is one.
fn nobody(new_cost: u32, name: &str, operators: &[Operator]) -> PasswordHash {
    let number = session::hash(name).bytes().map(usize::from).sum::<usize>();
    let like = operators.get(number % operators.len().max(1));
    let start = match like.and_then(|operator| operator.password_hash.as_str().get(..7)) {
        Some(start) => start.to_owned(),
        None => format!("$2b${new_cost:02}$"),
    };
    PasswordHash::new(start + &".".repeat(53))
}

/// A new session with a new token, whatever the browser had before; none if the operator was changed meanwhile.
async fn begin(visitor: &Visitor, operator: &Operator) -> Result<Option<String>, Refusal> {
    let store = &visitor.app.store;
    let earlier = visitor.cookie.as_deref().map(session::hash);
    let token = session::new_token()?;
    let now = visitor.now();
    let begun = OperatorSession {
        token_hash: session::hash(&token),
        operator: operator.name.clone(),
        created_at: now,
        ends_at: now.after(visitor.app.settings.console.session_lifetime),
    };
    let holds = store
        .insert_operator_session(
            &begun,
            &operator.password_hash,
            earlier,
            &visitor.author_as(&operator.name),
        )
        .await?;
    Ok(holds.then_some(token))
}

enum Problem {
    Refused,
    Limited(Duration),
}

fn form(visitor: &Visitor, status: u16, next: &str, problem: Option<&Problem>) -> Reply {
    let words = &visitor.texts.sign_in;
    let content = html! {
        @match problem {
            None => {},
            Some(Problem::Refused) => (notice(Tone::Bad, html! { (words.refused) })),
            Some(Problem::Limited(wait)) => (notice(Tone::Bad, html! {
                (words.limited) " " (words.minutes) " " (wait.as_secs().div_ceil(60).max(1))
            })),
        }
        form class="stack" method="post" action="/sign-in" {
            input type="hidden" name="next" value=(next);
            div class="field" {
                label for="name" { (words.name) }
                input type="text" id="name" name="name" value=(visitor.form.get("name")) autocomplete="username"
                    autocapitalize="none" spellcheck="false" required autofocus;
            }
            div class="field" {
                label for="password" { (words.password) }
                input type="password" id="password" name="password" autocomplete="current-password" required;
            }
            button { (words.submit) }
        }
        p { (words.none) " " code { "signupctl operator create" } }
    };
    let html = layout::document(visitor, None, words.title, content);
    headers::page(status, html)
}

#[cfg(test)]
mod tests {
    use signup_core::operator::Role;
    use signup_core::time::Timestamp;

    use super::*;

    fn operator(cost: u32) -> Operator {
        Operator {
            name: format!("of-{cost}"),
            password_hash: PasswordHash::new(format!("$2b${cost:02}${}", "x".repeat(53))),
            role: Role::Read,
            disabled: false,
            created_at: Timestamp::from_millis(0),
            password_changed_at: Timestamp::from_millis(0),
        }
    }

    fn start(name: &str, operators: &[Operator]) -> String {
        let hash = nobody(12, name, operators);
        assert_eq!(hash.as_str().len(), 60);
        hash.as_str()[..7].to_owned()
    }

    #[test]
    fn a_name_that_nobody_has_takes_as_long_as_some_operators() {
        assert_eq!(start("ana", &[]), "$2b$12$");
        let operators = [operator(10), operator(11)];
        let mut starts: Vec<String> = (0..20)
            .map(|number| start(&format!("name {number}"), &operators))
            .collect();
        assert_eq!(start("name 0", &operators), starts[0], "always the same");
        starts.sort();
        starts.dedup();
        assert_eq!(starts, ["$2b$10$", "$2b$11$"]);
    }
}
