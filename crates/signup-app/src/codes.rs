//! Sending and checking one-time codes.

use std::time::Duration;

use signup_core::application::Application;
use signup_core::code::{
    Binding, Challenge, ChallengeToken, Channel, LimitMode, LimitScope, SIGN_UP, TokenError,
};
use signup_core::context::RequestContext;
use signup_core::event::{Event, OtpMessage};
use signup_core::funnel::Stage;
use signup_core::identifier::IdentifierKind;
use signup_core::messages::MessageKind;
use signup_core::time::Timestamp;
use signup_store::{Exhausted, LimitHit, NewChallenge, StoreChallengeOutcome, StoreError};
use uuid::Uuid;

use crate::app::App;
use crate::deadline::by;
use crate::trace;

/// A code to be sent.
pub struct CodeRequest<'a> {
    /// The application that asks.
    pub application: &'a Application,
    /// How the code goes out.
    pub channel: Channel,
    /// The normalised address: codes are counted and looked up by it.
    pub address: String,
    /// The address in the spelling that the message goes to.
    pub recipient: String,
    /// Length of the code in decimal digits.
    pub digits: u8,
    /// How long the code is good for.
    pub valid_for: Duration,
    /// What the message says.
    pub message: CodeMessage,
    /// The message's locale, BCP 47.
    pub locale: String,
}

/// What a message to an address says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeMessage {
    /// The code.
    Code,
    /// That the address has an account already, and no code: whoever asked sees no difference, only the owner does.
    AccountExists,
}

impl CodeMessage {
    /// The message that tells only the owner of an address whether it is taken.
    pub const fn discreet(is_taken: bool) -> Self {
        if is_taken {
            Self::AccountExists
        } else {
            Self::Code
        }
    }

    const fn template(self) -> &'static str {
        match self {
            Self::Code => MessageKind::Code.template(),
            Self::AccountExists => MessageKind::AccountExists.template(),
        }
    }
}

/// Why no code was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendCodeError {
    /// A limit is used up.
    Limited {
        /// Whose.
        scope: LimitScope,
        /// When to try again.
        retry_after: Duration,
    },
    /// The database is unavailable, or too much waits for it.
    StoreUnavailable,
    /// A fault of ours; it is in the log.
    Internal,
}

/// A code that was right when it was looked at. It is used up by the sign-up that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedCode {
    challenge: Uuid,
    channel: Channel,
}

impl VerifiedCode {
    /// The challenge's id.
    pub fn id(&self) -> Uuid {
        self.challenge
    }

    /// How the code had been sent.
    pub fn channel(&self) -> Channel {
        self.channel
    }
}

/// Why a code does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckCodeError {
    /// Wrong, expired, used, replaced, or never sent.
    Wrong,
    /// The database is unavailable, so the code could not be checked.
    StoreUnavailable,
}

impl App {
    /// Has a code sent: the request and its event are written together, the worker does the rest. A new code for the
    /// same application and address takes the place of the older one.
    ///
    /// # Errors
    /// See [`SendCodeError`]; then nothing is sent.
    pub async fn send_code(
        &self,
        request: CodeRequest<'_>,
        context: &RequestContext,
    ) -> Result<Challenge, SendCodeError> {
        let application = request.application;
        let channel = request.channel;
        trace::about_address(application, channel, &request.address);
        let result = self.store_code(request, context).await;
        let outcome = result
            .as_ref()
            .err()
            .map_or("accepted", SendCodeError::label);
        self.metrics.code(application, channel, outcome);
        trace::outcome(outcome);
        if let Ok(challenge) = &result {
            trace::subject(challenge.id);
        }
        result
    }

    async fn store_code(
        &self,
        request: CodeRequest<'_>,
        context: &RequestContext,
    ) -> Result<Challenge, SendCodeError> {
        let now = self.clock.now();
        let challenge = Challenge {
            id: Uuid::now_v7(),
            binding: sign_up_binding(request.application, request.channel, request.address),
            key_id: self.keys.current_id().to_owned(),
            digits: request.digits,
            created_at: now,
            expires_at: now.after(request.valid_for),
        };
        let message = OtpMessage {
            recipient: request.recipient,
            template: request.message.template().to_owned(),
            locale: request.locale,
        };
        let (application, channel) = (request.application, request.channel);
        let address = &challenge.binding.address;
        let mode = self.settings.limits.mode;
        let event = Event::otp_requested(application, &challenge, &message, context);
        let announcement = self.announcer.prepare(&event, now);
        let count_request = || {
            // Who has an account already gets no code and cannot come any further.
            if request.message == CodeMessage::Code {
                self.count_stage(application, channel, address, Stage::Requested);
            }
        };
        let new = NewChallenge {
            hold: announcement.hold(),
            event,
            limits: application.send_limits(channel, address, &context.client_network()),
            limit_mode: mode,
            challenge: challenge.clone(),
        };
        let written = self.store.store_challenge(new, context.deadline);
        match by(context.deadline, written).await {
            Ok(StoreChallengeOutcome::Stored) => {
                announcement.committed();
                count_request();
                Ok(challenge)
            }
            Ok(StoreChallengeOutcome::StoredBeyond(exhausted)) => {
                announcement.committed();
                count_request();
                self.note_hit(application, channel, &exhausted, mode, now);
                Ok(challenge)
            }
            Ok(StoreChallengeOutcome::Limited(exhausted)) => {
                self.note_hit(application, channel, &exhausted, mode, now);
                Err(SendCodeError::Limited {
                    scope: exhausted.scope,
                    retry_after: exhausted.retry_after,
                })
            }
            Err(error) => Err(send_fault(error)),
        }
    }

    fn count_stage(
        &self,
        application: &Application,
        channel: Channel,
        address: &str,
        stage: Stage,
    ) {
        let (now, code) = (self.clock.now(), Some((channel, address)));
        self.funnel
            .count(now, &application.provider, &application.id, code, stage);
    }

    fn note_hit(
        &self,
        application: &Application,
        channel: Channel,
        exhausted: &Exhausted,
        mode: LimitMode,
        now: Timestamp,
    ) {
        let hit = LimitHit::at(
            now,
            &application.provider,
            &application.id,
            exhausted.scope.as_str(),
            channel,
            exhausted.scope.country(),
            mode,
        );
        self.metrics.limit_hit(&hit);
        self.records.count_hit(hit);
    }

    /// Whether an identifier is taken in the application's directory: a hint for what is sent to its owner. Sign-ups do
    /// not ask, for them the unique constraint decides.
    ///
    /// # Errors
    /// The database is unavailable, or holds what cannot be read.
    pub async fn is_taken(
        &self,
        application: &Application,
        kind: IdentifierKind,
        key: &str,
        context: &RequestContext,
    ) -> Result<bool, SendCodeError> {
        let directory = &application.directory.id;
        let answer = self
            .store
            .is_taken(&application.provider, directory, kind, key);
        by(context.deadline, answer).await.map_err(send_fault)
    }

    /// A token by which a caller names a challenge later; good for `lifetime` from the challenge's creation.
    pub fn challenge_token(&self, challenge: &Challenge, lifetime: Duration) -> Option<String> {
        ChallengeToken::issue(challenge, lifetime, &self.keys)
    }

    /// The challenge that a token stands for, if it was issued for this application, channel and address.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn open_challenge_token(
        &self,
        token: &str,
        application: &Application,
        channel: Channel,
        address: &str,
    ) -> Result<Challenge, TokenError> {
        trace::about_address(application, channel, address);
        let binding = sign_up_binding(application, channel, address.to_owned());
        ChallengeToken::open(token, binding, self.clock.now(), &self.keys)
            .inspect_err(|_| trace::outcome("bad_token"))
    }

    /// The live challenge of an address, for protocols whose callers send nothing but the code.
    ///
    /// # Errors
    /// No code is live for the address, or the database is unavailable.
    pub async fn find_challenge(
        &self,
        application: &Application,
        channel: Channel,
        address: &str,
        context: &RequestContext,
    ) -> Result<Challenge, CheckCodeError> {
        trace::about_address(application, channel, address);
        let binding = sign_up_binding(application, channel, address.to_owned());
        let live = self.store.find_live_challenge(binding, self.clock.now());
        by(context.deadline, live)
            .await
            .map_err(unchecked)?
            .ok_or_else(|| {
                trace::outcome("no_live_code");
                CheckCodeError::Wrong
            })
    }

    /// Compares a code with a challenge's. A wrong one uses up one of the few tries; a right one is not used up before
    /// the sign-up is written. Without the database no answer is given at all.
    ///
    /// # Errors
    /// See [`CheckCodeError`].
    pub async fn check_code(
        &self,
        challenge: &Challenge,
        code: &str,
        context: &RequestContext,
    ) -> Result<VerifiedCode, CheckCodeError> {
        let checked = self.compare(challenge, code, context).await;
        let outcome = checked
            .as_ref()
            .err()
            .map_or("right", CheckCodeError::label);
        let binding = &challenge.binding;
        self.metrics.code_checked(binding, outcome);
        if checked.is_ok() {
            let code = Some((binding.channel, binding.address.as_str()));
            let (provider, application) = (&binding.provider, &binding.application);
            self.funnel.count(
                self.clock.now(),
                provider,
                application,
                code,
                Stage::Verified,
            );
        }
        checked
    }

    async fn compare(
        &self,
        challenge: &Challenge,
        code: &str,
        context: &RequestContext,
    ) -> Result<VerifiedCode, CheckCodeError> {
        trace::subject(challenge.id);
        if self.clock.now() >= challenge.expires_at {
            trace::outcome("expired_code");
            return Err(CheckCodeError::Wrong);
        }
        trace::outcome("wrong_code");
        let expected = challenge.code(&self.keys).ok_or(CheckCodeError::Wrong)?;
        if expected.matches(code) {
            trace::undecided();
            return Ok(VerifiedCode {
                challenge: challenge.id,
                channel: challenge.binding.channel,
            });
        }
        by(context.deadline, self.store.record_wrong_try(challenge.id))
            .await
            .map_err(unchecked)?;
        Err(CheckCodeError::Wrong)
    }
}

impl CheckCodeError {
    /// The error's name in metrics.
    const fn label(&self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::StoreUnavailable => "store_unavailable",
        }
    }
}

impl SendCodeError {
    /// The error's name in metrics and decisions.
    const fn label(&self) -> &'static str {
        match self {
            Self::Limited { scope, .. } => match scope {
                LimitScope::AddressInterval => "limited_address_interval",
                LimitScope::AddressDay => "limited_address_day",
                LimitScope::Client => "limited_client",
                LimitScope::Application => "limited_application",
                LimitScope::Country(_) => "limited_country",
            },
            Self::StoreUnavailable => "store_unavailable",
            Self::Internal => "internal",
        }
    }
}

fn send_fault(error: StoreError) -> SendCodeError {
    if !matches!(error, StoreError::Overloaded) {
        log::error!(event = "store.fault"; "{error}");
    }
    match error {
        StoreError::Unavailable(_) | StoreError::Overloaded => SendCodeError::StoreUnavailable,
        StoreError::Unreadable { .. }
        | StoreError::Url(_)
        | StoreError::Migration(_)
        | StoreError::Statement(_) => SendCodeError::Internal,
    }
}

fn unchecked(error: StoreError) -> CheckCodeError {
    log::error!(event = "store.fault"; "{error}");
    CheckCodeError::StoreUnavailable
}

fn sign_up_binding(application: &Application, channel: Channel, address: String) -> Binding {
    Binding {
        provider: application.provider.clone(),
        application: application.id.clone(),
        purpose: SIGN_UP.to_owned(),
        channel,
        address,
    }
}
