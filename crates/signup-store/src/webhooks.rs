//! Webhooks: who is called about which events, and what became of each call.
//!
//! A webhook gets one delivery per event, whose key makes it so; dispatchers claim due deliveries under a lease and
//! record how each attempt ended. The events themselves stay in the outbox.

mod attempts;
mod deliveries;
mod notices;
mod replay;
mod row;

use std::fmt;

use diesel::prelude::*;
use serde_json::json;
use signup_core::mask::mask_email;
use signup_core::time::Timestamp;

pub use self::attempts::{AttemptEnd, AttemptRecorded, AttemptReport, ClaimedWebhookDelivery};
pub(crate) use self::deliveries::deliveries_of_event;
pub use self::deliveries::{
    WebhookBacklog, WebhookCounts, WebhookDelivery, WebhookDeliveryState, WebhookEvent,
};
use self::row::WebhookRow;
use crate::audit::{self, ChangeAuthor};
use crate::error::StoreError;
use crate::housekeeping::STEP;
use crate::schema::webhooks::dsl;
use crate::store::Store;

/// Whether a webhook is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookState {
    /// It is.
    Active,
    /// An operator has put it to rest. What waits for it goes on waiting, new events are not queued.
    Paused,
    /// It was switched off, because it answered 410 or failed for too long. Otherwise like [`WebhookState::Paused`].
    Disabled,
}

impl WebhookState {
    const ALL: [Self; 3] = [Self::Active, Self::Paused, Self::Disabled];

    /// The state's name in the table and in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
        }
    }
}

/// A webhook as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id, a UUID.
    pub id: String,
    /// Where its calls go.
    pub url: String,
    /// CloudEvents types that it wants; empty: every type that goes to webhooks.
    pub event_types: Vec<String>,
    /// The provider whose events it wants; none: all.
    pub provider: Option<String>,
    /// The application whose events it wants; none: all.
    pub application: Option<String>,
    /// Whether it is called.
    pub state: WebhookState,
    /// Since when.
    pub state_since: Timestamp,
    /// Why it was disabled.
    pub disabled_reason: Option<String>,
    /// The secret that its calls are signed with, sealed.
    pub sealed_secret: String,
    /// The secret before it, sealed, and when it ends: until then calls are signed with both.
    pub previous_secret: Option<(String, Timestamp)>,
    /// The e-mail address of who is told when it is disabled.
    pub contact: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Every attempt since then failed.
    pub failing_since: Option<Timestamp>,
    /// Its endpoint asked not to be called before.
    pub held_until: Option<Timestamp>,
}

impl fmt::Debug for Webhook {
    /// Without secrets, the contact's whole address, and the URL's path: some hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("id", &self.id)
            .field("event_types", &self.event_types)
            .field("provider", &self.provider)
            .field("application", &self.application)
            .field("state", &self.state)
            .field("contact", &self.contact.as_deref().map(mask_email))
            .field("failing_since", &self.failing_since)
            .field("held_until", &self.held_until)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Stores a new webhook, and notes who made it.
    ///
    /// # Errors
    /// The database is unavailable, or its id is taken.
    pub async fn insert_webhook(
        &self,
        webhook: &Webhook,
        author: &ChangeAuthor,
    ) -> Result<(), StoreError> {
        let row = WebhookRow::from(webhook);
        let details = json!({"provider": webhook.provider, "application": webhook.application});
        let noted = author.did("webhook_created", Some(&webhook.id), details);
        self.transaction(move |connection| {
            diesel::insert_into(dsl::webhooks)
                .values(&row)
                .execute(connection)?;
            Ok(audit::insert(connection, &noted)?)
        })
        .await
    }

    /// All webhooks, the oldest first.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        self.run(|connection| {
            let rows: Vec<WebhookRow> = dsl::webhooks
                .order((dsl::created_at, dsl::id))
                .load(connection)?;
            rows.into_iter().map(WebhookRow::read).collect()
        })
        .await
    }

    /// The webhook of this id.
    ///
    /// # Errors
    /// The database is unavailable, or the row cannot be read.
    pub async fn find_webhook(&self, id: &str) -> Result<Option<Webhook>, StoreError> {
        let id = id.to_owned();
        self.run(move |connection| {
            let row: Option<WebhookRow> = dsl::webhooks.find(id).first(connection).optional()?;
            row.map(WebhookRow::read).transpose()
        })
        .await
    }

    /// Gives a webhook a new sealed secret; the present one goes on signing until `overlap_until`. A secret that was on
    /// its way out already ends now. False if the webhook's secret is not the one in `webhook` any more: of two
    /// operators that rotate at once, one only may show what was made, and is noted.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn rotate_webhook_secret(
        &self,
        webhook: &Webhook,
        sealed: String,
        overlap_until: Timestamp,
        author: &ChangeAuthor,
    ) -> Result<bool, StoreError> {
        let (id, present) = (webhook.id.clone(), webhook.sealed_secret.clone());
        let details = json!({"previous_secret_until": overlap_until.to_string()});
        let noted = author.did("webhook_secret_rotated", Some(&id), details);
        self.transaction(move |connection| {
            let rotated = diesel::update(dsl::webhooks.find(id))
                .filter(dsl::secret.eq(&present))
                .set((
                    dsl::secret.eq(sealed),
                    dsl::previous_secret.eq(&present),
                    dsl::previous_until.eq(overlap_until.as_millis()),
                ))
                .execute(connection)?;
            if rotated == 1 {
                audit::insert(connection, &noted)?;
            }
            Ok(rotated == 1)
        })
        .await
    }

    /// Puts an active webhook to rest, and notes that; false if there is no active one of this id.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn pause_webhook(&self, id: &str, author: &ChangeAuthor) -> Result<bool, StoreError> {
        let id = id.to_owned();
        let noted = author.did("webhook_paused", Some(&id), json!({}));
        self.transaction(move |connection| {
            let paused = diesel::update(dsl::webhooks.find(id))
                .filter(dsl::state.eq(WebhookState::Active.as_str()))
                .set((
                    dsl::state.eq(WebhookState::Paused.as_str()),
                    dsl::state_since.eq(noted.time.as_millis()),
                ))
                .execute(connection)?;
            if paused == 1 {
                audit::insert(connection, &noted)?;
            }
            Ok(paused == 1)
        })
        .await
    }

    /// Calls a paused or disabled webhook again, forgets how it failed, and notes that. Tells since when it was not called; none
    /// if it is called already, or if there is none of this id.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn resume_webhook(
        &self,
        id: &str,
        author: &ChangeAuthor,
    ) -> Result<Option<Timestamp>, StoreError> {
        let (id, author) = (id.to_owned(), author.clone());
        self.transaction(move |connection| {
            let resting = dsl::webhooks
                .find(&id)
                .filter(dsl::state.ne(WebhookState::Active.as_str()));
            let since: Option<i64> = resting
                .select(dsl::state_since)
                .first(connection)
                .optional()?;
            let Some(since) = since else {
                return Ok(None);
            };
            // Whoever resumes it at the same moment finds that this rest is over.
            let resumed = diesel::update(dsl::webhooks.find(&id))
                .filter(dsl::state.ne(WebhookState::Active.as_str()))
                .filter(dsl::state_since.eq(since))
                .set((
                    dsl::state.eq(WebhookState::Active.as_str()),
                    dsl::state_since.eq(author.time.as_millis()),
                    dsl::disabled_reason.eq(None::<String>),
                    dsl::notice_at.eq(None::<i64>),
                    dsl::failing_since.eq(None::<i64>),
                    dsl::held_until.eq(None::<i64>),
                ))
                .execute(connection)?;
            if resumed == 0 {
                return Ok(None);
            }
            let since = Timestamp::from_millis(since);
            let details = json!({"missed_since": since.to_string()});
            let noted = author.did("webhook_resumed", Some(&id), details);
            audit::insert(connection, &noted)?;
            Ok(Some(since))
        })
        .await
    }

    /// Removes a webhook and its deliveries, and notes that; false if there is none of this id. It is put to rest first, so
    /// that nothing new comes, and its deliveries go in steps, because a busy one has more than a statement can remove.
    ///
    /// # Errors
    /// The database is unavailable. The webhook may be at rest then and have lost deliveries; asking again goes on.
    pub async fn delete_webhook(
        &self,
        id: &str,
        author: &ChangeAuthor,
    ) -> Result<bool, StoreError> {
        self.pause_webhook(id, author).await?;
        while self.remove_webhook_deliveries(id).await? == STEP {}
        let id = id.to_owned();
        let noted = author.did("webhook_deleted", Some(&id), json!({}));
        self.transaction(move |connection| {
            // What is left of its deliveries goes with it: those that a dispatcher held, or that were queued meanwhile.
            let deleted = diesel::delete(dsl::webhooks.find(id)).execute(connection)?;
            if deleted == 1 {
                audit::insert(connection, &noted)?;
            }
            Ok(deleted == 1)
        })
        .await
    }
}
