//! Everything that is kept about a person, gathered.

use std::collections::BTreeSet;

use diesel::prelude::*;
use signup_core::code::address_keys;
use signup_core::context::RequestContext;
use signup_core::decision::Decision;
use signup_core::event::{Event, KnownUser};
use signup_core::time::Timestamp;

use super::replies::{self, KeptReply};
use super::traces::Traces;
use crate::audit::{self, AuditEntry};
use crate::challenges::ChallengeRow;
use crate::connection::AnyConnection;
use crate::decisions;
use crate::error::StoreError;
use crate::events::{Row as EventRow, StoredEvent};
use crate::find_users::{UserRecord, by_public_id, with_identifiers};
use crate::history::{
    ChallengeRecord, DeliveryRecord, challenges_of_user, delivery_of_event, read_challenge,
};
use crate::outbox;
use crate::schema::{otp_challenges, outbox as events, usage_windows, users};
use crate::store::Store;
use crate::webhooks::{WebhookDelivery, deliveries_of_event};

/// Everything that is kept about one user. No password hash, no code.
#[derive(Clone, Debug)]
pub struct Dossier {
    /// The user, with identifiers and profile.
    pub user: UserRecord,
    /// Codes for the user's addresses.
    pub challenges: Vec<ChallengeRecord>,
    /// Events that hold something about the user.
    pub events: Vec<StoredEvent>,
    /// What became of the messages that they asked for, with the events' ids.
    pub deliveries: Vec<(String, DeliveryRecord)>,
    /// Their deliveries to webhooks, with the webhooks' ids.
    pub webhook_deliveries: Vec<(String, WebhookDelivery)>,
    /// What was decided about the user's requests, masked.
    pub decisions: Vec<Decision>,
    /// Replies kept for repeated requests.
    pub replies: Vec<KeptReply>,
    /// Windows in which codes to the user's addresses are counted.
    pub windows: Vec<KeptWindow>,
}

/// How many codes were sent to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptWindow {
    /// The limit's key, which holds the address.
    pub key: String,
    /// Since when is counted.
    pub opened_at: Timestamp,
    /// How many.
    pub used: i64,
}

impl Store {
    /// Everything that is kept about the user whom a provider's clients know by this id.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn dossier(
        &self,
        provider: &str,
        public_id: &str,
    ) -> Result<Option<Dossier>, StoreError> {
        let Some(user) = self.find_user(provider, public_id).await? else {
            return Ok(None);
        };
        let mut traces = self.traces_of(&user).await?;
        self.run(move |connection| {
            traces.catch_up(connection, &user)?;
            gather(connection, user, &traces).map(Some)
        })
        .await
    }

    /// Gathers everything that is kept about a user, locked, and lets `act` deal with it; announces that and notes it in
    /// the same transaction. None if there is no such user any more.
    pub(super) async fn answer_data_subject<T: Send + 'static>(
        &self,
        provider: &str,
        public_id: &str,
        event: impl FnOnce(&KnownUser) -> Event,
        noted: &AuditEntry,
        act: impl FnOnce(&mut AnyConnection, Dossier, &Event) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        let Some(user) = self.find_user(provider, public_id).await? else {
            return Ok(None);
        };
        let mut traces = self.traces_of(&user).await?;
        let event = event(&user.known());
        let noted = noted.clone();
        self.transaction(move |connection| {
            let Some(user) = lock(connection, &user)? else {
                return Ok(None);
            };
            traces.catch_up(connection, &user)?;
            let dossier = gather(connection, user, &traces)?;
            let done = act(connection, dossier, &event)?;
            // The last of its subject: what waits goes before it.
            outbox::insert(connection, &event, None)?;
            audit::insert(connection, &noted)?;
            Ok(Some(done))
        })
        .await
    }

    /// Like [`Store::dossier`], and announces and notes in the same transaction that it was handed out.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read; then nothing was announced.
    pub async fn export_user(
        &self,
        provider: &str,
        public_id: &str,
        now: Timestamp,
        context: &RequestContext,
        noted: &AuditEntry,
    ) -> Result<Option<Dossier>, StoreError> {
        let event = |user: &KnownUser| Event::user_exported(user, now, context);
        self.answer_data_subject(provider, public_id, event, noted, |_, dossier, _| {
            Ok(dossier)
        })
        .await
    }
}

/// The user as it is now, and nobody else exports or erases it until the transaction ends; none when it is gone.
fn lock(
    connection: &mut AnyConnection,
    user: &UserRecord,
) -> Result<Option<UserRecord>, StoreError> {
    if let AnyConnection::Postgres(connection) = connection {
        users::table
            .find(&user.id)
            .select(users::id)
            .for_update()
            .first::<String>(connection)
            .optional()?;
    }
    by_public_id(connection, &user.provider, &user.public_id)?
        .filter(|row| row.id == user.id)
        .map(|row| with_identifiers(connection, row))
        .transpose()
}

/// Reads all of it, by keys.
fn gather(
    connection: &mut AnyConnection,
    user: UserRecord,
    traces: &Traces,
) -> Result<Dossier, StoreError> {
    let rows: Vec<EventRow> = events::table
        .filter(events::id.eq_any(traces.events()))
        .order(events::id)
        .load(connection)?;
    let found: Vec<StoredEvent> = rows.into_iter().map(StoredEvent::from).collect();
    // The user's own, and the challenges'. Those are gone a day after their end, what refers to them is kept longer.
    let mut subjects: BTreeSet<String> = found
        .iter()
        .map(|stored| stored.event.subject.clone())
        .collect();
    let challenges = challenges(connection, &user, &subjects)?;
    let ids = challenges
        .iter()
        .map(|record| record.challenge.id.to_string());
    subjects.extend(ids.chain([user.public_id.clone()]));
    let subjects: Vec<String> = subjects.into_iter().collect();
    let decisions = decisions::about(connection, &user.provider, &subjects)?;

    let (mut deliveries, mut webhook_deliveries) = (Vec::new(), Vec::new());
    for stored in &found {
        let id = &stored.event.id;
        let delivery = delivery_of_event(connection, id)?;
        deliveries.extend(delivery.map(|delivery| (id.clone(), delivery)));
        webhook_deliveries.extend(deliveries_of_event(connection, id)?);
    }
    Ok(Dossier {
        replies: replies::of_keys(connection, &user, &traces.replies.found)?,
        windows: windows(connection, &user)?,
        challenges,
        events: found,
        deliveries,
        webhook_deliveries,
        decisions,
        user,
    })
}

/// Codes that the user used up, and others for its addresses: those that the events asked for, whose subjects they are. An
/// event is kept longer than its challenge (`bus.retention` is two days or more), so none is without its event.
fn challenges(
    connection: &mut AnyConnection,
    user: &UserRecord,
    subjects: &BTreeSet<String>,
) -> Result<Vec<ChallengeRecord>, StoreError> {
    let mut records = challenges_of_user(connection, &user.id)?;
    let rows: Vec<ChallengeRow> = otp_challenges::table
        .filter(otp_challenges::id.eq_any(subjects))
        .load(connection)?;
    for row in rows {
        records.push(read_challenge(row)?);
    }
    records.sort_by_key(|record| record.challenge.id);
    records.dedup_by_key(|record| record.challenge.id);
    Ok(records)
}

fn windows(
    connection: &mut AnyConnection,
    user: &UserRecord,
) -> Result<Vec<KeptWindow>, StoreError> {
    let mut keys = Vec::new();
    for (channel, address) in user.addresses() {
        keys.extend(address_keys(
            &user.provider,
            &user.directory,
            channel,
            &address,
        ));
    }
    let rows: Vec<(String, i64, i64)> = usage_windows::table
        .filter(usage_windows::key.eq_any(keys))
        .order(usage_windows::key)
        .select((
            usage_windows::key,
            usage_windows::opened_at,
            usage_windows::used,
        ))
        .load(connection)?;
    let windows = rows.into_iter().map(|(key, opened_at, used)| KeptWindow {
        key,
        opened_at: Timestamp::from_millis(opened_at),
        used,
    });
    Ok(windows.collect())
}
