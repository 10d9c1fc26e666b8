//! What an operator wants an application to be: a declaration file, whoever wrote it, read by the same function as a file
//! that is given to `signupctl apply`.

use std::path::Path;

use serde_json::json;
use signup_app::apply::{self, Action, NewSecret, Plan, PlanError, Step};
use signup_app::declare::provider_of;
use signup_store::{ApplicationRecord, Declarations};

use crate::refusal::Refusal;
use crate::session;
use crate::visit::Visit;

/// A declaration that was read and found good, compared with what is stored.
pub struct Proposal {
    plan: Plan,
    /// The application, `provider/id`.
    pub name: String,
}

/// Why a declaration was refused.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The line of the file, from 1; none when it is about the file as a whole.
    pub line: Option<usize>,
    /// What is wrong, and what is allowed.
    pub text: String,
}

/// Which application a file may be about.
pub enum Target<'a> {
    /// This one only.
    Stored(&'a ApplicationRecord),
    /// One that is not there yet.
    New,
}

impl Proposal {
    /// Reads a file and compares. A file changes one application, and the directory that it is in.
    pub async fn read(
        visit: &Visit,
        stored: &Declarations,
        text: &str,
        target: &Target<'_>,
    ) -> Result<Self, Problem> {
        let words = &visit.texts.applications;
        let whole = |text: &str| Problem {
            line: None,
            text: text.to_owned(),
        };
        let path = Path::new("");
        let provider = provider_of(path, text).map_err(Problem::from)?;
        let entry =
            signup_providers::find(&provider).ok_or_else(|| whole(words.provider_unknown))?;
        let declared = (entry.declarations)(path, text).map_err(Problem::from)?;
        let [application] = declared.applications.as_slice() else {
            return Err(whole(words.one_application));
        };
        let is_same = |other: &ApplicationRecord| {
            (&other.provider, &other.id) == (&application.provider, &application.id)
        };
        match target {
            Target::Stored(record) if !is_same(record) => {
                return Err(whole(words.other_application));
            }
            Target::New if stored.applications.iter().any(is_same) => {
                return Err(whole(words.exists));
            }
            _ => {}
        }
        let is_foreign = |id: &String| *id != application.directory;
        if declared.directories.iter().any(|(id, _)| is_foreign(id)) {
            return Err(whole(words.other_directory));
        }
        let name = format!("{}/{}", application.provider, application.id);
        let now = visit.now();
        let app = &visit.app;
        let mut plan = apply::plan(&app.store, stored, &[declared], &app.keys, now)
            .await
            .map_err(|error| match error {
                PlanError::Refused(refused) => Problem::from(refused),
                other => whole(&other.to_string()),
            })?;
        plan.steps.retain(|step| step.action != Action::Undeclared);
        Ok(Self { plan, name })
    }

    /// What saving would do.
    pub fn steps(&self) -> &[Step] {
        &self.plan.steps
    }

    /// Saves, if nothing was declared since `stored` was read; the secrets of new credentials then, to be shown once. None
    /// if somebody else was faster.
    pub async fn save(
        self,
        visit: &Visit,
        stored: &Declarations,
    ) -> Result<Option<Vec<NewSecret>>, Refusal> {
        let Plan {
            changes, secrets, ..
        } = self.plan;
        if changes.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let store = &visit.app.store;
        let is_saved = store
            .change_declarations_as(visit.author(), changes, Some(stored.revision))
            .await?;
        if !is_saved {
            return Ok(None);
        }
        Ok(Some(secrets))
    }
}

impl From<signup_app::declare::DeclarationError> for Problem {
    fn from(error: signup_app::declare::DeclarationError) -> Self {
        Self {
            line: Some(error.line),
            text: error.problem,
        }
    }
}

/// Tells one state of an application, and of its directory, from another.
pub fn fingerprint(stored: &Declarations, application: &ApplicationRecord) -> String {
    let directory = stored.directories.iter().find(|(provider, id, _)| {
        *provider == application.provider && *id == application.directory
    });
    let state = json!([
        application.directory,
        application.name,
        application.enabled,
        application.rules,
        application.settings,
        directory.map(|(.., settings)| settings),
    ]);
    session::hash(&state.to_string())
}
