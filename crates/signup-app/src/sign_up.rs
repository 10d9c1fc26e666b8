//! The use case that all this is about: somebody signs up.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use signup_core::application::Application;
use signup_core::code::Channel;
use signup_core::context::RequestContext;
use signup_core::event::Event;
use signup_core::funnel::Stage;
use signup_core::identifier::IdentifierKind;
use signup_core::password::Password;
use signup_core::reply::Reply;
use signup_core::sign_up::{IdempotencyClaim, SignUpOutcome, SignUpRecord};
use signup_core::user::{NewUser, PasswordHash, TakenIdentifier};
use signup_store::{ChallengeState, StoreError};
use uuid::Uuid;

use crate::app::App;
use crate::codes::VerifiedCode;
use crate::deadline::by;
use crate::hash_pool::HashError;
use crate::trace;

/// How often another public id is tried before giving up. Ids are random over at least 47 bits, so a second try is rare
/// and a fifth means that the random source is broken.
pub(crate) const PUBLIC_ID_TRIES: usize = 5;

/// The answer when there was no time left to begin: it costs the caller a second, and nothing was written.
const TRY_AGAIN: SignUpError = SignUpError::Busy {
    retry_after: Duration::from_secs(1),
};

/// A sign-up whose request was parsed and checked.
pub struct SignUp<'a> {
    /// The application that the user signs up through.
    pub application: &'a Application,
    /// The identifiers that the user takes.
    pub identifiers: Vec<TakenIdentifier>,
    /// The password, if there is one; it was checked against the policy.
    pub password: Option<Password>,
    /// The codes that prove identifiers; they are used up with the sign-up.
    pub codes: Vec<VerifiedCode>,
    /// Profile, contact, attribution and membership fields, by the provider's own names.
    pub profile: Map<String, Value>,
    /// Makes a random id in the provider's form.
    pub public_id: fn() -> String,
    /// The idempotency key that this request answers, if it brought one.
    pub claim: Option<IdempotencyClaim>,
    /// The provider's reply to a sign-up that succeeded.
    pub reply: &'a (dyn Fn(&NewUser) -> Reply + Sync),
}

/// Why nobody was signed up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignUpError {
    /// An identifier of this kind is taken in the application's directory.
    Taken(IdentifierKind),
    /// The code sent through this channel was used, replaced or locked in the meantime.
    CodeSpent(Channel),
    /// Too many passwords wait to be hashed, or too many users to be written.
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// Another request with the same idempotency key took over.
    ClaimLost,
    /// The database is unavailable.
    StoreUnavailable,
    /// A fault of ours; it is in the log.
    Internal,
}

impl App {
    /// Signs a user up and announces it. The password is hashed while no database connection is held.
    ///
    /// # Errors
    /// See [`SignUpError`]; then nothing was written. After [`SignUpError::StoreUnavailable`] nobody can know: a
    /// statement may have been under way.
    pub async fn sign_up(
        &self,
        mut sign_up: SignUp<'_>,
        context: &RequestContext,
    ) -> Result<Reply, SignUpError> {
        let application = sign_up.application;
        trace::application(application);
        for taken in &sign_up.identifiers {
            trace::about(taken.identifier.kind(), taken.identifier.key());
        }
        let result = match sign_up.password.take() {
            Some(password) => self.hash_and_write(&sign_up, password, context).await,
            None => self.write(&sign_up, None, context).await,
        };
        let outcome = result.as_ref().err().map_or("created", SignUpError::label);
        self.metrics.sign_up(application, outcome);
        trace::outcome(outcome);
        if result.is_ok() {
            self.count_created(&sign_up);
        }
        log::info!(
            event = "sign_up.ended", provider = application.provider.as_str(),
            application = application.id.as_str();
            "{outcome}"
        );
        result
    }

    /// Who proved two addresses is counted with the first of them.
    fn count_created(&self, sign_up: &SignUp<'_>) {
        let application = sign_up.application;
        let code = sign_up.codes.first().and_then(|code| {
            let kind = IdentifierKind::from(code.channel());
            let mut identifiers = sign_up.identifiers.iter().map(|taken| &taken.identifier);
            let proven = identifiers.find(|identifier| identifier.kind() == kind)?;
            Some((code.channel(), proven.key()))
        });
        let (now, provider, id) = (self.clock.now(), &application.provider, &application.id);
        self.funnel.count(now, provider, id, code, Stage::Created);
    }

    /// Hashing is by far the dearest part, so what is bound to fail is found out before.
    async fn hash_and_write(
        &self,
        sign_up: &SignUp<'_>,
        password: Password,
        context: &RequestContext,
    ) -> Result<Reply, SignUpError> {
        let application = sign_up.application;
        let whose = format!("{}/{}", application.provider, application.id);
        let cost = application.rules.password.bcrypt_cost;
        let cost = cost.unwrap_or(self.settings.hash.cost);
        let hash_by = hash_deadline(context.deadline);
        // Under overload most are refused: at once, and without a look at the database.
        self.hash_pool
            .foresee(&whose, cost, hash_by)
            .map_err(hash_fault)?;
        let Some(_turn) = self.in_flight.enter(turns(sign_up), hash_by).await else {
            return Err(TRY_AGAIN);
        };
        self.foresee(sign_up, context).await?;
        let hashed = self.hash_pool.hash(&whose, password, cost, hash_by);
        let hash = hashed.await.map_err(hash_fault)?;
        if Instant::now() >= context.deadline {
            return Err(TRY_AGAIN);
        }
        self.write(sign_up, Some(hash), context).await
    }

    /// Fails as the sign-up would fail if it were written now. Only a hint: constraints decide later.
    async fn foresee(
        &self,
        sign_up: &SignUp<'_>,
        context: &RequestContext,
    ) -> Result<(), SignUpError> {
        for code in &sign_up.codes {
            let found = by(context.deadline, self.store.find_challenge(code.id()));
            match found.await.map_err(store_fault)? {
                Some((_, ChallengeState::Live)) => {}
                _ => return Err(SignUpError::CodeSpent(code.channel())),
            }
        }
        let application = sign_up.application;
        for taken in &sign_up.identifiers {
            let (kind, key) = (taken.identifier.kind(), taken.identifier.key());
            let directory = &application.directory.id;
            let is_taken = self
                .store
                .is_taken(&application.provider, directory, kind, key);
            if by(context.deadline, is_taken).await.map_err(store_fault)? {
                return Err(SignUpError::Taken(kind));
            }
        }
        Ok(())
    }

    async fn write(
        &self,
        sign_up: &SignUp<'_>,
        password_hash: Option<PasswordHash>,
        context: &RequestContext,
    ) -> Result<Reply, SignUpError> {
        for _ in 0..PUBLIC_ID_TRIES {
            let user = self.new_user(sign_up, password_hash.clone());
            let reply = (sign_up.reply)(&user);
            let public_id = user.public_id.clone();
            let event = Event::user_created(&user, context);
            let announcement = self.announcer.prepare(&event, self.clock.now());
            let record = SignUpRecord {
                consumed: sign_up.codes.iter().map(VerifiedCode::id).collect(),
                request_id: context.request_id.clone(),
                hold: announcement.hold(),
                events: vec![event],
                claim: sign_up.claim.clone().map(|claim| (claim, reply.clone())),
                user,
            };
            let written = self.store.sign_up(record, context.deadline);
            match by(context.deadline, written).await.map_err(store_fault)? {
                SignUpOutcome::Created => {
                    trace::subject(public_id);
                    announcement.committed();
                    return Ok(reply);
                }
                SignUpOutcome::PublicIdTaken => {}
                SignUpOutcome::Taken(kind) => return Err(SignUpError::Taken(kind)),
                SignUpOutcome::CodeSpent(id) => return Err(spent(&sign_up.codes, id)),
                SignUpOutcome::ClaimLost => return Err(SignUpError::ClaimLost),
            }
        }
        log::error!(event = "sign_up.no_public_id"; "no free public id was found");
        Err(SignUpError::Internal)
    }

    fn new_user(&self, sign_up: &SignUp<'_>, password_hash: Option<PasswordHash>) -> NewUser {
        let application = sign_up.application;
        NewUser {
            id: Uuid::now_v7(),
            public_id: (sign_up.public_id)(),
            provider: application.provider.clone(),
            directory: application.directory.id.clone(),
            application: application.id.clone(),
            identifiers: sign_up.identifiers.clone(),
            password_hash,
            profile: sign_up.profile.clone(),
            created_at: self.clock.now(),
        }
    }
}

impl SignUpError {
    /// The error's name in metrics and logs.
    const fn label(&self) -> &'static str {
        match self {
            Self::Taken(_) => "taken",
            Self::CodeSpent(_) => "code_spent",
            Self::Busy { .. } => "busy",
            Self::ClaimLost => "claim_lost",
            Self::StoreUnavailable => "store_unavailable",
            Self::Internal => "internal",
        }
    }
}

/// A hash that is ready only at the last moment is of no use: the database needs its part of the time too.
fn hash_deadline(deadline: Instant) -> Instant {
    let left = deadline.saturating_duration_since(Instant::now());
    deadline.checked_sub(left / 4).unwrap_or(deadline)
}

/// What a sign-up has to itself while it is at work.
fn turns(sign_up: &SignUp<'_>) -> Vec<String> {
    let directory = &sign_up.application.directory;
    sign_up
        .identifiers
        .iter()
        .map(|taken| {
            let (kind, key) = (taken.identifier.kind(), taken.identifier.key());
            format!("{}/{}/{kind}/{key}", directory.provider, directory.id)
        })
        .collect()
}

fn spent(codes: &[VerifiedCode], id: Uuid) -> SignUpError {
    codes
        .iter()
        .find(|code| code.id() == id)
        .map_or(SignUpError::Internal, |code| {
            SignUpError::CodeSpent(code.channel())
        })
}

fn hash_fault(error: HashError) -> SignUpError {
    match error {
        HashError::Busy { retry_after } => SignUpError::Busy { retry_after },
        HashError::CostNotPermitted { .. } | HashError::Failed(_) => {
            log::error!(event = "hash.failed"; "{error}");
            SignUpError::Internal
        }
        HashError::Stopped => TRY_AGAIN,
    }
}

fn store_fault(error: StoreError) -> SignUpError {
    if !matches!(error, StoreError::Overloaded) {
        log::error!(event = "store.fault"; "{error}");
    }
    match error {
        StoreError::Overloaded => TRY_AGAIN,
        StoreError::Unavailable(_) => SignUpError::StoreUnavailable,
        StoreError::Unreadable { .. }
        | StoreError::Url(_)
        | StoreError::Migration(_)
        | StoreError::Statement(_) => SignUpError::Internal,
    }
}
