//! The settings of an application as a form.

use maud::{Markup, html};
use serde_json::{Value, json};
use signup_app::apply::Step;
use signup_app::declaration;
use signup_core::reply::Reply;
use signup_http::Fault;
use signup_store::{ApplicationRecord, Declarations};

use super::blame::blame;
use super::fields::{Field, compose, fields};
use super::proposal::{Proposal, Target, fingerprint};
use super::{named, path_of, saved};
use crate::parts::{Tone, notice};
use crate::refusal::Refusal;
use crate::session;
use crate::visit::Visit;

/// The field that says which declaration the preview was about: a hash of it.
pub const SEEN: &str = "seen";

/// How often saving is tried again when another application was changed at the same moment.
const TRIES: usize = 5;

/// `GET /applications/PROVIDER/ID/settings`
pub async fn show(visit: Visit) -> Result<Reply, Refusal> {
    let stored = visit.app.store.declarations().await?;
    let application = named(&visit, &stored)?;
    let fields = fields_of(&stored, application)?;
    let mut page = Page::new(&stored, application, fields);
    page.status = 200;
    Ok(page.show(&visit))
}

/// `POST /applications/PROVIDER/ID/settings`: shows what would change, or saves it.
pub async fn submit(visit: Visit) -> Result<Reply, Refusal> {
    let words = &visit.texts.applications;
    let wants_to_save = visit.form.get("do") == "save";
    for _ in 0..TRIES {
        let stored = visit.app.store.declarations().await?;
        let application = named(&visit, &stored)?;
        let mut fields = fields_of(&stored, application)?;
        fields.iter_mut().for_each(|field| field.take(&visit.form));
        let composed = compose(&mut fields, words);
        let mut page = Page::new(&stored, application, fields);
        let Some(value) = composed else {
            return Ok(page.show(&visit));
        };
        let file = file_of(&stored, application, &value)?;
        let target = Target::Stored(application);
        let read = Proposal::read(&visit, &stored, &file, &target).await;
        let proposal = match read {
            Ok(proposal) => proposal,
            Err(problem) => {
                let is_at_field = blame(&mut page.fields, &file, problem.line, &problem.text);
                page.problem = (!is_at_field).then_some(problem.text);
                return Ok(page.show(&visit));
            }
        };
        page.steps = Some(proposal.steps().to_vec());
        page.seen = session::hash(&file);
        if visit.form.get("state") != page.state {
            page.status = 409;
            page.is_stale = true;
            return Ok(page.show(&visit));
        }
        if !wants_to_save || proposal.steps().is_empty() {
            page.status = 200;
            return Ok(page.show(&visit));
        }
        if visit.form.get(SEEN) != page.seen {
            page.problem = Some(words.unseen.to_owned());
            return Ok(page.show(&visit));
        }
        // Somebody may have been faster: then everything is looked at again.
        if let Some(secrets) = proposal.save(&visit, &stored).await? {
            let path = path_of(application);
            return Ok(saved(&visit, &path, &secrets));
        }
    }
    Err(Refusal::Fault(Fault::StoreUnavailable))
}

fn directory_settings(stored: &Declarations, application: &ApplicationRecord) -> Value {
    let directory = stored.directories.iter().find(|(provider, id, _)| {
        *provider == application.provider && *id == application.directory
    });
    directory.map_or_else(|| json!({}), |(.., settings)| settings.clone())
}

fn fields_of(
    stored: &Declarations,
    application: &ApplicationRecord,
) -> Result<Vec<Field>, Refusal> {
    let entry = signup_providers::find(&application.provider).ok_or(Refusal::NotFound)?;
    let value = json!({
        "name": application.name,
        "enabled": application.enabled,
        "rules": application.rules,
        "settings": application.settings,
        "directory": directory_settings(stored, application),
    });
    Ok(fields(entry, &value))
}

/// The file that declares the application with these values.
fn file_of(
    stored: &Declarations,
    application: &ApplicationRecord,
    value: &Value,
) -> Result<String, Refusal> {
    let or_empty = |value: &Value| match value {
        Value::Null => json!({}),
        value => value.clone(),
    };
    let edited = ApplicationRecord {
        name: value["name"].as_str().unwrap_or(&application.id).to_owned(),
        enabled: value["enabled"] != false,
        rules: or_empty(&value["rules"]),
        settings: or_empty(&value["settings"]),
        ..application.clone()
    };
    let mut all = stored.clone();
    for (provider, id, settings) in &mut all.directories {
        if *provider == application.provider && *id == application.directory {
            *settings = or_empty(&value["directory"]);
        }
    }
    Ok(declaration::of(&all, &edited).map_err(|_| Fault::Internal)?)
}

struct Page<'a> {
    application: &'a ApplicationRecord,
    /// Other applications in the same directory.
    neighbours: Vec<&'a str>,
    fields: Vec<Field>,
    state: String,
    status: u16,
    problem: Option<String>,
    steps: Option<Vec<Step>>,
    /// Tells the declaration that the steps are about from another.
    seen: String,
    is_stale: bool,
}

impl<'a> Page<'a> {
    fn new(
        stored: &'a Declarations,
        application: &'a ApplicationRecord,
        fields: Vec<Field>,
    ) -> Self {
        let neighbours = stored.applications.iter().filter(|other| {
            other.provider == application.provider
                && other.directory == application.directory
                && other.id != application.id
        });
        Self {
            application,
            neighbours: neighbours.map(|other| other.id.as_str()).collect(),
            fields,
            state: fingerprint(stored, application),
            status: 422,
            problem: None,
            steps: None,
            seen: String::new(),
            is_stale: false,
        }
    }

    fn show(&self, visit: &Visit) -> Reply {
        let words = &visit.texts.applications;
        let path = path_of(self.application);
        let wrong = self.fields.iter().filter(|field| field.problem.is_some());
        let wrong: Vec<&Field> = wrong.collect();
        let content = html! {
            p { a href=(path) { (words.back_to) } " · " a href={ (path) "/declaration" } { (words.edit_as_file) } }
            p { (words.edit_text) }
            @if self.is_stale { (notice(Tone::Bad, html! { p { (words.stale) } })) }
            @if let Some(problem) = &self.problem { (notice(Tone::Bad, html! { p { (problem) } })) }
            @if !wrong.is_empty() {
                (notice(Tone::Bad, html! {
                    p {
                        (words.look_at_fields)
                        @for field in &wrong { " " a href={ "#" (field.name()) } { (field.label(visit.language)) } }
                    }
                }))
            }
            @if let Some(steps) = &self.steps { (preview(visit, steps)) }
            form class="settings" method="post" action={ (path) "/settings" } {
                (visit.token())
                input type="hidden" name="state" value=(self.state);
                @for group in self.fields.chunk_by(|one, next| one.group == next.group) {
                    (self.section(group, visit))
                }
                (buttons(visit, self.steps.as_deref(), &self.seen))
            }
        };
        let title = format!(
            "{}/{}: {}",
            self.application.provider, self.application.id, words.edit
        );
        visit.page_with(self.status, &title, content)
    }

    fn section(&self, fields: &[Field], visit: &Visit) -> Markup {
        let words = &visit.texts.applications;
        let title = fields[0]
            .group
            .map_or(words.others, |title| title.of(visit.language));
        let is_shared = fields[0].place[0] == "directory" && !self.neighbours.is_empty();
        html! {
            fieldset {
                legend { (title) }
                @if is_shared { p { (words.directory_shared) " " (self.neighbours.join(", ")) } }
                @for field in fields { (field.show(visit.language)) }
            }
        }
    }
}

/// What saving would change.
pub fn preview(visit: &Visit, steps: &[Step]) -> Markup {
    let words = &visit.texts.applications;
    if steps.is_empty() {
        return notice(Tone::Plain, html! { p { (words.nothing_changes) } });
    }
    notice(
        Tone::Plain,
        html! {
            p { strong { (words.would_change) } }
            ul {
                @for step in steps {
                    li {
                        (step.what) " " (step.name)
                        @if step.details.is_empty() { ": " (words.is_new) }
                        ul { @for detail in &step.details { li { code { (detail) } } } }
                    }
                }
            }
        },
    )
}

/// Saving is offered with what it would change in sight, and saves nothing but what was `seen`.
pub fn buttons(visit: &Visit, steps: Option<&[Step]>, seen: &str) -> Markup {
    let words = &visit.texts.applications;
    let may_save = steps.is_some_and(|steps| !steps.is_empty());
    html! {
        @if may_save { input type="hidden" name=(SEEN) value=(seen); }
        div class="actions" {
            button name="do" value="preview" class=[may_save.then_some("plain")] { (words.preview) }
            @if may_save { button name="do" value="save" { (words.save) } }
        }
    }
}
