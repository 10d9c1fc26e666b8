//! The settings of an application as a declaration file, and new applications.

use maud::html;
use signup_app::apply::Step;
use signup_app::declaration;
use signup_core::reply::Reply;
use signup_http::Fault;

use super::edit::{SEEN, buttons, preview};
use super::proposal::{Problem, Proposal, Target, fingerprint};
use super::{named, saved};
use crate::parts::{Tone, notice};
use crate::refusal::Refusal;
use crate::session;
use crate::visit::Visit;

/// What a new application begins with.
const BLANK: &str = "provider = \"PROVIDER\"\n\n[[application]]\nid = \"ID\"\nname = \"NAME\"\n";

/// `GET /applications/PROVIDER/ID/declaration`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    let stored = visit.app.store.declarations().await?;
    let application = named(&visit, &stored)?;
    let file = declaration::of(&stored, application).map_err(|_| Fault::Internal)?;
    let state = fingerprint(&stored, application);
    Ok(Page::of(&visit, &file, state).show(&visit))
}

/// `POST /applications/PROVIDER/ID/declaration`
pub async fn submit(visit: Visit) -> Result<Reply, Refusal> {
    let stored = visit.app.store.declarations().await?;
    let application = named(&visit, &stored)?;
    let file = typed(&visit);
    let mut page = Page::of(&visit, &file, fingerprint(&stored, application));
    page.is_stale = visit.form.get("state") != page.state;
    let target = Target::Stored(application);
    let read = Proposal::read(&visit, &stored, &file, &target).await;
    page.decide(&visit, &stored, read).await
}

/// `GET /new-application`
pub async fn show_new(visit: Visit) -> Result<Reply, Refusal> {
    Ok(Page::of(&visit, BLANK, String::new()).show(&visit))
}

/// `POST /new-application`
pub async fn submit_new(visit: Visit) -> Result<Reply, Refusal> {
    let stored = visit.app.store.declarations().await?;
    let file = typed(&visit);
    let read = Proposal::read(&visit, &stored, &file, &Target::New).await;
    Page::of(&visit, &file, String::new())
        .decide(&visit, &stored, read)
        .await
}

fn typed(visit: &Visit) -> String {
    visit.form.get("file").replace("\r\n", "\n")
}

struct Page {
    action: String,
    file: String,
    state: String,
    status: u16,
    problem: Option<Problem>,
    steps: Option<Vec<Step>>,
    is_stale: bool,
}

impl Page {
    fn of(visit: &Visit, file: &str, state: String) -> Self {
        Self {
            action: visit.request().path().to_owned(),
            file: file.to_owned(),
            state,
            status: 200,
            problem: None,
            steps: None,
            is_stale: false,
        }
    }

    async fn decide(
        mut self,
        visit: &Visit,
        stored: &signup_store::Declarations,
        read: Result<Proposal, Problem>,
    ) -> Result<Reply, Refusal> {
        let proposal = match read {
            Ok(proposal) => proposal,
            Err(problem) => {
                self.status = 422;
                self.problem = Some(problem);
                return Ok(self.show(visit));
            }
        };
        let steps = proposal.steps().to_vec();
        let wants_to_save = visit.form.get("do") == "save" && !steps.is_empty();
        self.steps = Some(steps);
        if wants_to_save && !self.is_stale && visit.form.get(SEEN) != session::hash(&self.file) {
            self.status = 422;
            self.problem = Some(Problem {
                line: None,
                text: visit.texts.applications.unseen.to_owned(),
            });
            return Ok(self.show(visit));
        }
        if wants_to_save && !self.is_stale {
            let path = format!("/applications/{}", proposal.name);
            if let Some(secrets) = proposal.save(visit, stored).await? {
                return Ok(saved(visit, &path, &secrets));
            }
            // Another application may have been changed, or this one: the operator decides with the present state in sight.
            self.is_stale = true;
        }
        if self.is_stale {
            self.status = 409;
        }
        Ok(self.show(visit))
    }

    fn show(&self, visit: &Visit) -> Reply {
        let words = &visit.texts.applications;
        let is_new = self.state.is_empty();
        let rows = self.file.lines().count().clamp(12, 40);
        let is_invalid = self.problem.as_ref().map(|_| "true");
        let described = self.problem.as_ref().map(|_| "fault");
        let content = html! {
            p { @if is_new { (words.new_text) } @else { (words.file_text) } }
            @if self.is_stale { (notice(Tone::Bad, html! { p { (words.stale) } })) }
            @if let Some(problem) = &self.problem {
                (notice(Tone::Bad, html! {
                    p id="fault" {
                        @if let Some(line) = problem.line { (words.line) " " (line) ": " }
                        (problem.text)
                    }
                }))
            }
            @if let Some(steps) = &self.steps { (preview(visit, steps)) }
            form method="post" action=(self.action) {
                (visit.token())
                input type="hidden" name="state" value=(self.state);
                div class="field" {
                    label for="file" { (words.declaration) }
                    textarea class="code" id="file" name="file" rows=(rows) spellcheck="false" required
                        aria-invalid=[is_invalid] aria-describedby=[described] { "\n" (self.file) }
                }
                (buttons(visit, self.steps.as_deref(), &session::hash(&self.file)))
            }
        };
        let title = if is_new {
            words.new_application.to_owned()
        } else {
            let (provider, id) = (visit.path("provider"), visit.path("id"));
            format!("{provider}/{id}: {}", words.declaration)
        };
        visit.page_with(self.status, &title, content)
    }
}
