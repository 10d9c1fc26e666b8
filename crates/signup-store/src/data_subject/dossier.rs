//! Everything that is kept about a person, gathered.

use std::collections::BTreeSet;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use signup_core::code::address_keys;
use signup_core::context::RequestContext;
use signup_core::decision::Decision;
use signup_core::event::{Event, EventType, KnownUser};
use signup_core::reply::Reply;
use signup_core::time::Timestamp;
use uuid::Uuid;

use super::requests::CodeRequests;
use crate::audit::{self, AuditEntry};
use crate::challenges::ChallengeRow;
use crate::connection::AnyConnection;
use crate::decisions;
use crate::error::StoreError;
use crate::events::{Row as EventRow, StoredEvent, first_id, time_of};
use crate::find_users::{UserRecord, by_public_id, with_identifiers};
use crate::history::{
    ChallengeRecord, DeliveryRecord, challenges_of_user, delivery_of_event, read_challenge,
};
use crate::outbox;
use crate::schema::{applications, otp_challenges, outbox as events, usage_windows, users};
use crate::store::Store;
use crate::webhooks::{WebhookDelivery, deliveries_of_event};

/// Within this time after a user's own id its event is made: an import may wait for a database that is away.
const ANNOUNCED_WITHIN: Duration = Duration::from_secs(10 * 60);

/// Nowhere are replies kept longer (`idempotency.retention`).
const REPLIES_KEPT: Duration = Duration::from_secs(31 * 24 * 60 * 60);

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

/// A reply that is kept for a repeated request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptReply {
    /// The caller's idempotency key.
    pub key: String,
    /// The reply.
    pub reply: Reply,
    /// Until when it is kept.
    pub expires_at: Timestamp,
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
        let mut requests = self.code_requests_to(&user).await?;
        self.run(move |connection| {
            requests.catch_up(connection, &user)?;
            gather(connection, user, &requests).map(Some)
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
        let mut requests = self.code_requests_to(&user).await?;
        let event = event(&user.known());
        let noted = noted.clone();
        self.transaction(move |connection| {
            let Some(user) = lock(connection, &user)? else {
                return Ok(None);
            };
            requests.catch_up(connection, &user)?;
            let dossier = gather(connection, user, &requests)?;
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

/// Reads all of it.
fn gather(
    connection: &mut AnyConnection,
    user: UserRecord,
    requests: &CodeRequests,
) -> Result<Dossier, StoreError> {
    let mut found: Vec<StoredEvent> = Vec::new();
    if let Ok(id) = Uuid::parse_str(&user.id) {
        // Another provider's user can have the same id.
        let suffix = format!(".{}", user.provider);
        let own: Vec<EventRow> = events::table
            .filter(events::id.gt(&user.id))
            .filter(events::id.lt(first_id(time_of(id).after(ANNOUNCED_WITHIN))))
            .filter(events::event_type.eq(EventType::UserCreated.as_str()))
            .filter(events::subject.eq(&user.public_id))
            .load(connection)?;
        let own = own.into_iter().map(StoredEvent::from);
        found.extend(own.filter(|own| own.event.routing_key.ends_with(&suffix)));
    }
    let asked: Vec<EventRow> = events::table
        .filter(events::id.eq_any(&requests.ids))
        .order(events::id)
        .load(connection)?;
    found.extend(asked.into_iter().map(StoredEvent::from));

    let challenges = challenges(connection, &user)?;
    // Challenges are gone a day after their end, what refers to them is kept longer.
    let subjects: BTreeSet<String> = challenges
        .iter()
        .map(|record| record.challenge.id.to_string())
        .chain(found.iter().map(|stored| stored.event.subject.clone()))
        .chain([user.public_id.clone()])
        .collect();
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
        replies: replies(connection, &user)?,
        windows: windows(connection, &user)?,
        challenges,
        events: found,
        deliveries,
        webhook_deliveries,
        decisions,
        user,
    })
}

/// Codes that the user used up, and others for its addresses in its directory.
fn challenges(
    connection: &mut AnyConnection,
    user: &UserRecord,
) -> Result<Vec<ChallengeRecord>, StoreError> {
    let mut records = challenges_of_user(connection, &user.id)?;
    let siblings: Vec<String> = applications::table
        .filter(applications::provider.eq(&user.provider))
        .filter(applications::directory_id.eq(&user.directory))
        .select(applications::id)
        .load(connection)?;
    for (channel, address) in user.addresses() {
        let rows: Vec<ChallengeRow> = otp_challenges::table
            .filter(otp_challenges::provider.eq(&user.provider))
            .filter(otp_challenges::application_id.eq_any(&siblings))
            .filter(otp_challenges::channel.eq(channel.as_str()))
            .filter(otp_challenges::address.eq(address))
            .load(connection)?;
        for row in rows {
            let record = read_challenge(row)?;
            if records
                .iter()
                .all(|known| known.challenge.id != record.challenge.id)
            {
                records.push(record);
            }
        }
    }
    records.sort_by_key(|record| record.challenge.id);
    Ok(records)
}

#[derive(QueryableByName)]
struct ReplyRow {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Text)]
    reply: String,
    #[diesel(sql_type = BigInt)]
    expires_at: i64,
}

/// Replies in which the user's id stands. Which one it is, nothing else tells.
fn replies(
    connection: &mut AnyConnection,
    user: &UserRecord,
) -> Result<Vec<KeptReply>, StoreError> {
    let Ok(id) = Uuid::parse_str(&user.id) else {
        return Ok(Vec::new());
    };
    let position = match connection {
        AnyConnection::Postgres(_) => "strpos",
        AnyConnection::Sqlite(_) => "instr",
    };
    let written = time_of(id);
    let rows: Vec<ReplyRow> = diesel::sql_query(format!(
        "SELECT key, reply, expires_at FROM idempotency_keys \
         WHERE provider = $1 AND application_id = $2 AND expires_at >= $3 AND expires_at <= $4 \
           AND reply IS NOT NULL AND {position}(reply, $5) > 0 ORDER BY key"
    ))
    .bind::<Text, _>(&user.provider)
    .bind::<Text, _>(&user.application)
    .bind::<BigInt, _>(written.as_millis())
    .bind::<BigInt, _>(written.after(REPLIES_KEPT).as_millis())
    .bind::<Text, _>(&user.public_id)
    .load(connection)?;
    rows.into_iter()
        .map(|row| {
            let reply = serde_json::from_str(&row.reply)
                .map_err(|error| StoreError::unreadable("a stored reply", error))?;
            Ok(KeptReply {
                key: row.key,
                reply,
                expires_at: Timestamp::from_millis(row.expires_at),
            })
        })
        .collect()
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
