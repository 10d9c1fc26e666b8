//! Making a webhook.

use maud::html;
use signup_core::reply::Reply;
use signup_http::Fault;
use signup_notify::webhook::{EVENT_TYPES, NewWebhook, NewWebhookError};

use super::secret;
use crate::parts::{Tone, notice};
use crate::refusal::Refusal;
use crate::visit::Visit;

/// `GET /new-webhook`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    Ok(page(&visit, 200, None))
}

/// `POST /new-webhook`
pub async fn submit(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.webhooks;
    let refused = |problem: String| Ok(page(&visit, 422, Some(problem)));
    let Some((provider, application)) = scope(&visit).await? else {
        return refused(words.unknown_application.to_owned());
    };
    let wanted = EVENT_TYPES.into_iter();
    let new = NewWebhook {
        url: visit.form.get("url").trim().to_owned(),
        events: wanted
            .filter(|known| visit.form.is_ticked(known.as_str()))
            .collect(),
        provider,
        application,
        contact: visit.form.filled("contact").map(str::to_owned),
    };
    let app = &visit.app;
    let made = new.make(&app.settings.webhooks, &app.keys, visit.now());
    let (webhook, new_secret) = match made {
        Ok(made) => made,
        Err(NewWebhookError::Url(problem)) => {
            return refused(format!("{} {problem}", words.bad_url));
        }
        Err(NewWebhookError::UrlTooLong) => return refused(words.url_too_long.to_owned()),
        Err(NewWebhookError::Contact) => return refused(words.bad_contact.to_owned()),
        Err(NewWebhookError::Secret(error)) => {
            log::error!(event = "console.webhook"; "no webhook was made: {error}");
            return Err(Fault::Internal.into());
        }
    };
    app.store.insert_webhook(&webhook, &visit.author()).await?;
    Ok(secret(&visit, &webhook, &new_secret.expose()))
}

/// The provider and application whose events are wanted; nothing when they are not known.
async fn scope(visit: &Visit) -> Result<Option<(Option<String>, Option<String>)>, Refusal> {
    let Some(name) = visit.form.filled("application") else {
        let provider = visit.form.filled("provider").map(str::to_owned);
        let is_known = provider
            .as_ref()
            .is_none_or(|name| signup_providers::find(name).is_some());
        return Ok(is_known.then_some((provider, None)));
    };
    let stored = visit.app.store.declarations().await?;
    let found = stored
        .applications
        .into_iter()
        .find(|one| format!("{}/{}", one.provider, one.id) == name);
    Ok(found.map(|one| (Some(one.provider), Some(one.id))))
}

fn page(visit: &Visit, status: u16, problem: Option<String>) -> Reply {
    let words = &visit.texts.webhooks;
    let field = |name: &str, label: &str, hint: Option<&str>| {
        html! {
            div class="field" {
                label for=(name) { (label) }
                @if let Some(hint) = hint { p class="hint" id={ (name) "-hint" } { (hint) } }
                input type="text" id=(name) name=(name) value=(visit.form.get(name)) autocomplete="off"
                    required[name == "url"] aria-describedby=[hint.map(|_| format!("{name}-hint"))];
            }
        }
    };
    let provider = visit.form.filled("provider");
    let content = html! {
        p { (words.new_text) }
        @if let Some(problem) = problem { (notice(Tone::Bad, html! { p { (problem) } })) }
        form class="stack" method="post" action="/new-webhook" {
            (visit.token())
            (field("url", words.url, None))
            div class="field" {
                label for="provider" { (words.events_of) }
                select id="provider" name="provider" {
                    option value="" { (words.provider_all) }
                    @for name in signup_providers::names() {
                        option value=(name) selected[provider == Some(name)] { (name) }
                    }
                }
            }
            (field("application", words.application, None))
            fieldset {
                legend { (words.types_choice) }
                @for known in EVENT_TYPES {
                    label {
                        input type="checkbox" name=(known.as_str())
                            checked[visit.form.is_ticked(known.as_str())];
                        " " code { (known.as_str()) }
                    }
                    br;
                }
            }
            (field("contact", words.contact, Some(words.contact_hint)))
            button { (words.create) }
        }
    };
    visit.page_with(status, words.new_webhook, content)
}
