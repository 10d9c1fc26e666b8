//! Applying declaration files: what is declared is compared with what is stored, and the difference is written.
//!
//! Applying the same files again changes nothing. What is stored and no longer declared is left alone and named: taking
//! an application away from its users is never a side effect.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Value, json};
use signup_core::keys::KeyRing;
use signup_core::mask::Secret;
use signup_core::time::Timestamp;
use signup_store::{ApplicationRecord, Change, Declarations, Store, StoreError, differences};

use crate::credentials::{CredentialOwner, IssueError, issue};
use crate::declare::{DeclarationError, Declared};

/// What applying would do, or did.
#[derive(Debug)]
pub struct Plan {
    /// The steps in the order in which they are made.
    pub steps: Vec<Step>,
    /// The same, for the store.
    pub changes: Vec<Change>,
    /// Secrets of new credentials, to be shown once after the changes were written.
    pub secrets: Vec<NewSecret>,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// `directory`, `application` or `credential`.
    pub what: &'static str,
    /// `provider/id`, for credentials `provider/kind/id`.
    pub name: String,
    /// The keys that change: `rules.password.min_length: 8 -> 10`.
    pub details: Vec<String>,
}

/// What is done with something declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is new.
    Create,
    /// It changes.
    Update,
    /// It is stored and in none of the files; it is left alone.
    Undeclared,
}

/// The secret of a new credential.
#[derive(Debug)]
pub struct NewSecret {
    /// `provider/kind/id`.
    pub name: String,
    /// The application it belongs to.
    pub application: String,
    /// The secret.
    pub secret: Secret<String>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// What is declared does not go with what is stored.
    #[error(transparent)]
    Refused(#[from] DeclarationError),
    /// The database is unavailable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A credential could not be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

/// Compares what is declared with what is `stored` in this store.
///
/// # Errors
/// See [`PlanError`].
pub async fn plan(
    store: &Store,
    stored: &Declarations,
    declared: &[Declared],
    keys: &KeyRing,
    now: Timestamp,
) -> Result<Plan, PlanError> {
    for file in declared {
        refuse_moves(store, stored, file).await?;
    }
    let mut plan = Plan {
        steps: Vec::new(),
        changes: Vec::new(),
        secrets: Vec::new(),
    };
    for file in declared {
        plan.directories(stored, file);
        plan.applications(stored, file);
        plan.credentials(stored, file, keys, now)?;
    }
    plan.undeclared(stored, declared);
    Ok(plan)
}

/// An application with users stays in its directory: in another one nobody knows their names and addresses, and each of
/// them could sign up again.
async fn refuse_moves(
    store: &Store,
    stored: &Declarations,
    file: &Declared,
) -> Result<(), PlanError> {
    for application in &file.applications {
        let (provider, id) = (&application.provider, &application.id);
        let before = stored
            .applications
            .iter()
            .find(|other| other.provider == *provider && other.id == *id)
            .map(|other| &other.directory)
            .filter(|directory| **directory != application.directory);
        let Some(before) = before else { continue };
        if store.has_users(provider, id, before).await? {
            let problem = format!(
                "`{id}`: directory: it has users in `{before}`, who could all sign up again in `{}`; keep `{before}`, \
                 or declare a new application",
                application.directory
            );
            let line = file.directory_lines.get(id).copied().unwrap_or(1);
            return Err(file.refused(line, problem).into());
        }
    }
    Ok(())
}

impl Plan {
    /// Whether applying writes anything.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    fn directories(&mut self, stored: &Declarations, file: &Declared) {
        for (id, settings) in &file.directories {
            let name = format!("{}/{id}", file.provider);
            let before = stored
                .directories
                .iter()
                .find(|(provider, other, _)| *provider == file.provider && other == id)
                .map(|(.., settings)| settings.clone());
            if self.step("directory", name, before, settings.clone()) {
                self.changes.push(Change::PutDirectory(
                    file.provider.clone(),
                    id.clone(),
                    settings.clone(),
                ));
            }
        }
    }

    fn applications(&mut self, stored: &Declarations, file: &Declared) {
        for application in &file.applications {
            let name = format!("{}/{}", application.provider, application.id);
            let before = stored
                .applications
                .iter()
                .find(|other| other.provider == application.provider && other.id == application.id)
                .map(describe);
            if self.step("application", name, before, describe(application)) {
                self.changes
                    .push(Change::PutApplication(application.clone()));
            }
        }
    }

    fn credentials(
        &mut self,
        stored: &Declarations,
        file: &Declared,
        keys: &KeyRing,
        now: Timestamp,
    ) -> Result<(), PlanError> {
        for credential in &file.credentials {
            let kind = credential.kind;
            let existing = stored.credentials.iter().find(|other| {
                other.provider == file.provider
                    && other.kind == kind.as_str()
                    && other.id == credential.id
            });
            if let Some(existing) = existing {
                let owner = existing.application_id.as_deref();
                if owner == Some(credential.application.as_str()) {
                    continue;
                }
                let problem = format!(
                    "{kind} `{}` belongs to {}; choose another id",
                    credential.id,
                    owner.unwrap_or("all applications"),
                );
                return Err(file.refused(credential.line, problem).into());
            }
            let issued = issue(
                keys,
                &CredentialOwner {
                    provider: &file.provider,
                    application: Some(&credential.application),
                    kind,
                    id: &credential.id,
                },
                now,
            )?;
            let name = format!("{}/{kind}/{}", file.provider, credential.id);
            self.steps.push(Step {
                action: Action::Create,
                what: "credential",
                name: name.clone(),
                details: vec![format!("for application {}", credential.application)],
            });
            self.changes.push(Change::AddCredential(issued.record));
            if let Some(secret) = issued.secret {
                self.secrets.push(NewSecret {
                    name,
                    application: credential.application.clone(),
                    secret,
                });
            }
        }
        Ok(())
    }

    /// Notes the step from `before` to `after`; false if nothing changes.
    fn step(
        &mut self,
        what: &'static str,
        name: String,
        before: Option<Value>,
        after: Value,
    ) -> bool {
        let (action, details) = match before {
            None => (Action::Create, Vec::new()),
            Some(before) => {
                let changed = differences(&before, &after).into_iter();
                let details =
                    changed.map(|one| format!("{}: {} -> {}", one.key, one.before, one.after));
                (Action::Update, details.collect())
            }
        };
        if action == Action::Update && details.is_empty() {
            return false;
        }
        self.steps.push(Step {
            action,
            what,
            name,
            details,
        });
        true
    }

    fn undeclared(&mut self, stored: &Declarations, declared: &[Declared]) {
        let providers: HashSet<_> = declared.iter().map(|file| &file.provider).collect();
        let known: HashSet<_> = declared
            .iter()
            .flat_map(|file| &file.applications)
            .map(|application| (&application.provider, &application.id))
            .collect();
        for application in &stored.applications {
            if providers.contains(&application.provider)
                && !known.contains(&(&application.provider, &application.id))
            {
                self.steps.push(Step {
                    action: Action::Undeclared,
                    what: "application",
                    name: format!("{}/{}", application.provider, application.id),
                    details: vec![
                        "left as it is; to close it, declare it with enabled = false".to_owned(),
                    ],
                });
            }
        }
    }
}

fn describe(application: &ApplicationRecord) -> Value {
    json!({
        "directory": application.directory,
        "name": application.name,
        "enabled": application.enabled,
        "rules": application.rules,
        "settings": application.settings,
    })
}
