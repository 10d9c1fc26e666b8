//! Erasing a user, once the id was typed.

use maud::html;
use signup_core::reply::Reply;
use signup_store::{Erased, UserRecord};

use super::{named, noted, object_of, path_of};
use crate::parts::{Tone, notice};
use crate::refusal::Refusal;
use crate::session;
use crate::visit::Visit;

/// `GET /users/PROVIDER/ID/erase`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    let user = named(&visit).await?;
    page(&visit, &user, 200, None).await
}

/// `POST /users/PROVIDER/ID/erase`
pub async fn submit(visit: Visit) -> Result<Reply, Refusal> {
    let user = named(&visit).await?;
    if visit.form.filled("id") != Some(user.public_id.as_str()) {
        let problem = visit.texts.users.confirm_wrong;
        return page(&visit, &user, 422, Some(problem)).await;
    }
    let noted = noted(&visit, "user_erased", &user);
    let erased = visit
        .app
        .store
        .erase_user(
            &user.provider,
            &user.public_id,
            visit.now(),
            &visit.context,
            &noted,
        )
        .await?;
    erased.ok_or(Refusal::NotFound)?;
    let name = object_of(&user);
    let proof = session::proof(&visit.form_token, &name);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([("erased", name), ("proof", proof)]);
    Ok(visit.to(&format!("/users?{}", query.finish())))
}

async fn page(
    visit: &Visit,
    user: &UserRecord,
    status: u16,
    problem: Option<&str>,
) -> Result<Reply, Refusal> {
    let words = &visit.texts.users;
    let store = &visit.app.store;
    let dossier = store.dossier(&user.provider, &user.public_id).await?;
    let foreseen = Erased::foreseen(&dossier.ok_or(Refusal::NotFound)?);
    let path = path_of(&user.provider, &user.public_id);
    let content = html! {
        p { strong { (object_of(user)) } ". " (words.erase_text) }
        h2 { (words.will_go) }
        dl {
            dt { (words.identifiers) } dd { (foreseen.identifiers) }
            dt { (words.codes) } dd { (foreseen.codes) }
            dt { (words.events) } dd { (foreseen.events) }
            dt { (words.waiting) } dd { (foreseen.waiting) }
            dt { (words.replies) } dd { (foreseen.replies) }
            dt { (words.requests) } dd { (foreseen.decisions) }
        }
        p { (words.elsewhere) }
        form class="stack" method="post" action={ (path) "/erase" } {
            (visit.token())
            @if let Some(problem) = problem { (notice(Tone::Bad, html! { span id="fault" { (problem) } })) }
            div class="field" {
                label for="id" { (words.confirm) }
                input type="text" id="id" name="id" required autocomplete="off" spellcheck="false"
                    aria-describedby=[problem.map(|_| "fault")] aria-invalid=[problem.map(|_| "true")];
            }
            div class="actions" {
                button class="grave" { (words.erase) }
                a href=(path) { (words.back) }
            }
        }
    };
    Ok(visit.page_with(status, words.erase_title, content))
}
