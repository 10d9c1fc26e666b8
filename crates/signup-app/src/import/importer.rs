//! Writing users who are brought over.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use signup_core::application::Application;
use signup_core::context::RequestContext;
use signup_core::event::Event;
use signup_core::sign_up::{SignUpOutcome, SignUpRecord};
use signup_core::time::{Clock, SystemClock};
use signup_core::user::NewUser;
use signup_store::{Comparison, MadeUp, Store, StoreError};
use uuid::Uuid;

use super::{CheckedUser, Given, ImportRules, ORIGIN};
use crate::sign_up::PUBLIC_ID_TRIES;

/// Time for a user to be written once it is under way. Nobody waits for an answer, so it may be long.
const WRITE_DEADLINE: Duration = Duration::from_secs(30);

/// How long a database that went away may stay away before an import gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two tries to reach it.
const PAUSE: Duration = Duration::from_millis(500);

/// Writes users; those who are under way at the same time share commits.
#[derive(Clone)]
pub struct Importer {
    store: Store,
    announce: bool,
    dry_run: bool,
}

/// A user who passed every check that needs no database.
#[derive(Clone, Debug)]
pub struct Newcomer {
    user: NewUser,
    made_up: MadeUp,
    public_id: fn() -> String,
    origin: String,
}

/// What became of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// The user is new and written; with a dry run it would be.
    Imported,
    /// The very same user was there before.
    AlreadyThere,
    /// Nothing was written, and why not.
    Refused(String),
}

/// The import cannot go on.
#[derive(Debug, thiserror::Error)]
#[error("no answer from the database for a minute: {0}")]
pub struct ImportError(StoreError);

impl Newcomer {
    /// Puts together what a file gave and what the provider made of it. `origin` says where the user stood, such as
    /// `users.jsonl:17`: it is kept in place of the id of a request.
    ///
    /// # Errors
    /// The public id has no form that the provider's clients know.
    pub fn new(
        given: Given,
        checked: CheckedUser,
        application: &Application,
        rules: &ImportRules,
        origin: &str,
    ) -> Result<Self, String> {
        let made_up = MadeUp {
            public_id: given.user.public_id.is_none(),
            created_at: given.created_at.is_none(),
        };
        let public_id = match given.user.public_id {
            None => (rules.public_id)(),
            Some(id) if (rules.is_public_id)(&id) => id,
            Some(_) => return Err(format!("public_id must be {}", rules.public_id_form)),
        };
        Ok(Self {
            user: NewUser {
                id: Uuid::now_v7(),
                public_id,
                provider: application.provider.clone(),
                directory: application.directory.id.clone(),
                application: application.id.clone(),
                identifiers: checked.identifiers,
                password_hash: given.password_hash,
                profile: checked.profile,
                created_at: given.created_at.unwrap_or_else(|| SystemClock.now()),
            },
            made_up,
            public_id: rules.public_id,
            origin: format!("{ORIGIN}{origin}"),
        })
    }

    fn to_compare(&self) -> (NewUser, MadeUp) {
        (self.user.clone(), self.made_up)
    }
}

/// Tries again as long as the database may come back. The inner error is not of that kind.
async fn patiently<T, F: Future<Output = Result<T, StoreError>>>(
    mut attempt: impl FnMut() -> F,
) -> Result<Result<T, StoreError>, ImportError> {
    let began = Instant::now();
    loop {
        match attempt().await {
            Err(error @ (StoreError::Unavailable(_) | StoreError::Overloaded)) => {
                if began.elapsed() >= PATIENCE {
                    return Err(ImportError(error));
                }
                tokio::time::sleep(PAUSE).await;
            }
            other => return Ok(other),
        }
    }
}

impl Importer {
    /// With `announce` every user who is written is announced as `user.created`; with `dry_run` nothing is written.
    pub fn new(store: Store, announce: bool, dry_run: bool) -> Self {
        Self {
            store,
            announce,
            dry_run,
        }
    }

    /// Writes users, or finds that they are there; what became of each, in their order. A database that goes away is
    /// waited for, a minute at most; a write of which nobody knows whether it was done is recognised by its id.
    ///
    /// # Errors
    /// The database stays away.
    pub async fn import(
        &self,
        newcomers: Vec<Newcomer>,
    ) -> Result<Vec<ImportOutcome>, ImportError> {
        let looks: Vec<_> = newcomers.iter().map(Newcomer::to_compare).collect();
        // Constraints decide; but to look at many at once is cheaper than to be refused by them one by one.
        let met = patiently(|| self.store.compare_users(looks.clone())).await?;
        let met = match met {
            Ok(met) => met,
            Err(error) => {
                let reason = error.to_string();
                return Ok(vec![ImportOutcome::Refused(reason); newcomers.len()]);
            }
        };
        let ends = newcomers
            .into_iter()
            .zip(met)
            .map(async |(newcomer, met)| match met {
                Comparison::New if self.dry_run => Ok(ImportOutcome::Imported),
                Comparison::New => {
                    let written = patiently(|| self.write(newcomer.clone())).await?;
                    // Of this user only: a text that the database does not take, for example.
                    Ok(written.unwrap_or_else(|error| ImportOutcome::Refused(error.to_string())))
                }
                met => Ok(of_comparison(met)),
            });
        try_join_all(ends).await
    }

    async fn write(&self, mut newcomer: Newcomer) -> Result<ImportOutcome, StoreError> {
        for _ in 0..PUBLIC_ID_TRIES {
            let record = self.record(&newcomer);
            let written = self.store.sign_up(record, Instant::now() + WRITE_DEADLINE);
            if written.await? == SignUpOutcome::Created {
                return Ok(ImportOutcome::Imported);
            }
            let mut met = self
                .store
                .compare_users(vec![newcomer.to_compare()])
                .await?;
            match met.pop() {
                // The try before this one was written, and its answer lost.
                Some(Comparison::Same(id)) if id == newcomer.user.id.to_string() => {
                    return Ok(ImportOutcome::Imported);
                }
                Some(Comparison::New) | None => {
                    if newcomer.made_up.public_id {
                        newcomer.user.public_id = (newcomer.public_id)();
                    }
                }
                Some(met) => return Ok(of_comparison(met)),
            }
        }
        Ok(ImportOutcome::Refused(
            "no free public id was found".to_owned(),
        ))
    }

    fn record(&self, newcomer: &Newcomer) -> SignUpRecord {
        let user = newcomer.user.clone();
        let events = if self.announce {
            let context = RequestContext {
                request_id: newcomer.origin.clone(),
                trace_parent: None,
                client_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
                language: None,
                deadline: Instant::now() + WRITE_DEADLINE,
            };
            vec![Event::user_imported(&user, SystemClock.now(), &context)]
        } else {
            Vec::new()
        };
        SignUpRecord {
            consumed: Vec::new(),
            request_id: newcomer.origin.clone(),
            events,
            hold: None,
            claim: None,
            user,
        }
    }
}

fn of_comparison(met: Comparison) -> ImportOutcome {
    match met {
        Comparison::Same(_) => ImportOutcome::AlreadyThere,
        Comparison::Conflict { with, differs } if differs.is_empty() => {
            ImportOutcome::Refused(format!(
                "its identifiers and its public id belong to different users who are there: {}",
                with.join(", ")
            ))
        }
        Comparison::Conflict { with, differs } => ImportOutcome::Refused(format!(
            "user {} is there, and differs in {}",
            with.join(", "),
            differs.join(", ")
        )),
        Comparison::New => ImportOutcome::Refused("it was there a moment ago".to_owned()),
    }
}
