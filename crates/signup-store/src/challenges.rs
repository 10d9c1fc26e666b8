//! One-time codes: asked for, tried, used up. The codes themselves are nowhere in here.

mod batch;

use std::time::Instant;

use diesel::prelude::*;
use signup_core::code::{Binding, Challenge, Channel, Limit, LimitMode, MAX_WRONG_TRIES};
use signup_core::event::{Event, Hold};
use signup_core::time::Timestamp;
use uuid::Uuid;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::limits::{Exhausted, Windows};
use crate::outbox;
use crate::schema::otp_challenges::dsl;
use crate::store::Store;
use crate::writer::{Write, hash};

const LIVE: &str = "live";
const CONSUMED: &str = "consumed";
const REPLACED: &str = "replaced";

/// A code request to be written.
#[derive(Clone, Debug)]
pub struct NewChallenge {
    /// The challenge.
    pub challenge: Challenge,
    /// The event that has the code sent.
    pub event: Event,
    /// Who holds the event: it is the first of the challenge, so it overtakes none.
    pub hold: Option<Hold>,
    /// The limits that the request counts against.
    pub limits: Vec<Limit>,
    /// What happens beyond them.
    pub limit_mode: LimitMode,
}

/// What became of a code request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreChallengeOutcome {
    /// It is written, older codes for the same binding are dead, and the event waits in the outbox.
    Stored,
    /// It is written like that, but only because limits are observed and not enforced.
    StoredBeyond(Exhausted),
    /// A limit is used up; nothing was written.
    Limited(Exhausted),
}

/// A challenge as it stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeState {
    /// Its code is accepted until it expires.
    Live,
    /// Its code was used.
    Consumed,
    /// A newer code took its place.
    Replaced,
    /// It saw too many wrong tries.
    Locked,
}

impl Store {
    /// Writes a code request: counts it, replaces the older code, and puts the event into the outbox, all or nothing.
    /// Requests that arrive during a commit share the next one; it does not begin after `deadline`.
    ///
    /// # Errors
    /// Too much waits, or the database is unavailable or refused a statement.
    pub async fn store_challenge(
        &self,
        new: NewChallenge,
        deadline: Instant,
    ) -> Result<StoreChallengeOutcome, StoreError> {
        self.code_requests.write(new, deadline).await
    }

    /// The challenge whose code is accepted at `now` for a binding, for callers who send a code without a token.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn find_live_challenge(
        &self,
        binding: Binding,
        now: Timestamp,
    ) -> Result<Option<Challenge>, StoreError> {
        self.run(move |connection| {
            let row: Option<ChallengeRow> = dsl::otp_challenges
                .filter(dsl::provider.eq(&binding.provider))
                .filter(dsl::application_id.eq(&binding.application))
                .filter(dsl::purpose.eq(&binding.purpose))
                .filter(dsl::channel.eq(binding.channel.as_str()))
                .filter(dsl::address.eq(&binding.address))
                .filter(dsl::state.eq(LIVE))
                .filter(dsl::expires_at.gt(now.as_millis()))
                .filter(dsl::wrong_tries.lt(MAX_WRONG_TRIES))
                .first(connection)
                .optional()?;
            row.map(ChallengeRow::read)
                .transpose()
                .map(|found| found.map(|(challenge, _)| challenge))
        })
        .await
    }

    /// A challenge and its present state.
    ///
    /// # Errors
    /// The database is unavailable, or the row cannot be read.
    pub async fn find_challenge(
        &self,
        id: Uuid,
    ) -> Result<Option<(Challenge, ChallengeState)>, StoreError> {
        self.run(move |connection| {
            let row: Option<ChallengeRow> = dsl::otp_challenges
                .find(id.to_string())
                .first(connection)
                .optional()?;
            row.map(ChallengeRow::read).transpose()
        })
        .await
    }

    /// Counts a wrong try. Sign-ups with the right code and wrong tries meet in the same row, so however many arrive at
    /// once, on however many processes, they count as if they had come one after the other.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn record_wrong_try(&self, id: Uuid) -> Result<(), StoreError> {
        self.run(move |connection| {
            diesel::update(dsl::otp_challenges.find(id.to_string()))
                .filter(dsl::state.eq(LIVE))
                .set(dsl::wrong_tries.eq(dsl::wrong_tries + 1))
                .execute(connection)?;
            Ok(())
        })
        .await
    }
}

impl Write for NewChallenge {
    type Outcome = StoreChallengeOutcome;

    fn claims(&self) -> Vec<u64> {
        vec![hash(&self.challenge.binding)]
    }

    fn write_batch(
        connection: &mut AnyConnection,
        batch: &[Self],
    ) -> Result<Vec<StoreChallengeOutcome>, StoreError> {
        connection.write_transaction(|connection| {
            // Also keeps two requests for one address apart: its rows are ours until the commit.
            let limits = batch.iter().flat_map(|new| {
                new.limits
                    .iter()
                    .map(|limit| (limit, new.challenge.created_at))
            });
            let mut windows = Windows::lock(connection, limits)?;
            let outcomes: Vec<_> = batch.iter().map(|new| new.count(&mut windows)).collect();
            windows.store(connection)?;
            let admitted: Vec<_> = batch
                .iter()
                .zip(&outcomes)
                .filter(|(_, outcome)| !matches!(outcome, StoreChallengeOutcome::Limited(_)))
                .map(|(new, _)| new)
                .collect();
            insert_all(connection, &admitted)?;
            Ok(outcomes)
        })
    }

    fn write_alone(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<StoreChallengeOutcome, StoreError> {
        let outcomes = Self::write_batch(connection, std::slice::from_ref(self))?;
        outcomes
            .into_iter()
            .next()
            .ok_or_else(|| StoreError::unreadable("the outcome of a code request", "it is missing"))
    }
}

impl NewChallenge {
    fn count(&self, windows: &mut Windows) -> StoreChallengeOutcome {
        match windows.take_all(&self.limits, self.limit_mode, self.challenge.created_at) {
            Ok(()) => StoreChallengeOutcome::Stored,
            Err(exhausted) => match self.limit_mode {
                LimitMode::Enforce => StoreChallengeOutcome::Limited(exhausted),
                LimitMode::Observe => StoreChallengeOutcome::StoredBeyond(exhausted),
            },
        }
    }
}

fn insert_all(connection: &mut AnyConnection, admitted: &[&NewChallenge]) -> QueryResult<()> {
    match connection {
        AnyConnection::Postgres(connection) => batch::insert(connection, admitted),
        AnyConnection::Sqlite(_) => {
            for new in admitted {
                replace(connection, &new.challenge.binding)?;
                insert(connection, &new.challenge)?;
                outbox::insert(connection, &new.event, new.hold.as_ref())?;
            }
            Ok(())
        }
    }
}

/// Whether a challenge can be used up.
pub(crate) fn is_usable(connection: &mut AnyConnection, id: Uuid) -> QueryResult<bool> {
    let usable = dsl::otp_challenges
        .find(id.to_string())
        .filter(dsl::state.eq(LIVE))
        .filter(dsl::wrong_tries.lt(MAX_WRONG_TRIES))
        .select(dsl::digits)
        .first::<i32>(connection);
    Ok(usable.optional()?.is_some())
}

/// Uses up a challenge for a user; false if it was used, replaced or locked before.
pub(crate) fn consume(connection: &mut AnyConnection, id: Uuid, user: Uuid) -> QueryResult<bool> {
    let consumed = diesel::update(dsl::otp_challenges.find(id.to_string()))
        .filter(dsl::state.eq(LIVE))
        .filter(dsl::wrong_tries.lt(MAX_WRONG_TRIES))
        .set((
            dsl::state.eq(CONSUMED),
            dsl::consumed_by.eq(user.to_string()),
        ))
        .execute(connection)?;
    Ok(consumed == 1)
}

fn replace(connection: &mut AnyConnection, binding: &Binding) -> QueryResult<()> {
    diesel::update(dsl::otp_challenges)
        .filter(dsl::provider.eq(&binding.provider))
        .filter(dsl::application_id.eq(&binding.application))
        .filter(dsl::purpose.eq(&binding.purpose))
        .filter(dsl::channel.eq(binding.channel.as_str()))
        .filter(dsl::address.eq(&binding.address))
        .filter(dsl::state.eq(LIVE))
        .set(dsl::state.eq(REPLACED))
        .execute(connection)
        .map(drop)
}

fn insert(connection: &mut AnyConnection, challenge: &Challenge) -> QueryResult<()> {
    let binding = &challenge.binding;
    diesel::insert_into(dsl::otp_challenges)
        .values((
            dsl::id.eq(challenge.id.to_string()),
            dsl::provider.eq(&binding.provider),
            dsl::application_id.eq(&binding.application),
            dsl::purpose.eq(&binding.purpose),
            dsl::channel.eq(binding.channel.as_str()),
            dsl::address.eq(&binding.address),
            dsl::key_id.eq(&challenge.key_id),
            dsl::digits.eq(i32::from(challenge.digits)),
            dsl::state.eq(LIVE),
            dsl::wrong_tries.eq(0),
            dsl::created_at.eq(challenge.created_at.as_millis()),
            dsl::expires_at.eq(challenge.expires_at.as_millis()),
        ))
        .execute(connection)
        .map(drop)
}

#[derive(Queryable)]
pub(crate) struct ChallengeRow {
    id: String,
    provider: String,
    application: String,
    purpose: String,
    channel: String,
    address: String,
    key_id: String,
    digits: i32,
    state: String,
    pub wrong_tries: i32,
    created_at: i64,
    expires_at: i64,
    pub consumed_by: Option<String>,
}

impl ChallengeRow {
    pub fn read(self) -> Result<(Challenge, ChallengeState), StoreError> {
        let unreadable =
            |what: &str| StoreError::unreadable(format!("challenge {}", self.id), what);
        let state = match self.state.as_str() {
            LIVE if self.wrong_tries >= MAX_WRONG_TRIES => ChallengeState::Locked,
            LIVE => ChallengeState::Live,
            CONSUMED => ChallengeState::Consumed,
            REPLACED => ChallengeState::Replaced,
            _ => return Err(unreadable("unknown state")),
        };
        let challenge = Challenge {
            id: Uuid::parse_str(&self.id).map_err(|_| unreadable("its id is no UUID"))?,
            digits: u8::try_from(self.digits).map_err(|_| unreadable("impossible length"))?,
            created_at: Timestamp::from_millis(self.created_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            binding: Binding {
                channel: Channel::from_name(&self.channel)
                    .ok_or_else(|| unreadable("unknown channel"))?,
                provider: self.provider,
                application: self.application,
                purpose: self.purpose,
                address: self.address,
            },
            key_id: self.key_id,
        };
        Ok((challenge, state))
    }
}
