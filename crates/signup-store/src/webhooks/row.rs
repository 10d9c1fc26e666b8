//! A webhook's row, in types that both databases have.

use diesel::prelude::*;
use signup_core::time::Timestamp;

use super::{Webhook, WebhookState};
use crate::error::StoreError;
use crate::schema::webhooks;

#[derive(Queryable, QueryableByName, Insertable)]
#[diesel(table_name = webhooks)]
pub(super) struct WebhookRow {
    id: String,
    url: String,
    event_types: Option<String>,
    provider: Option<String>,
    application_id: Option<String>,
    state: String,
    state_since: i64,
    disabled_reason: Option<String>,
    secret: String,
    previous_secret: Option<String>,
    previous_until: Option<i64>,
    contact: Option<String>,
    notice_at: Option<i64>,
    created_at: i64,
    failing_since: Option<i64>,
    held_until: Option<i64>,
}

impl WebhookRow {
    pub(super) fn read(self) -> Result<Webhook, StoreError> {
        let state = WebhookState::ALL
            .into_iter()
            .find(|known| known.as_str() == self.state)
            .ok_or_else(|| StoreError::unreadable(format!("webhook {}", self.id), &self.state))?;
        let types = self.event_types.as_deref().unwrap_or_default();
        Ok(Webhook {
            event_types: types.split_whitespace().map(str::to_owned).collect(),
            state,
            state_since: Timestamp::from_millis(self.state_since),
            disabled_reason: self.disabled_reason,
            sealed_secret: self.secret,
            previous_secret: self
                .previous_secret
                .zip(self.previous_until.map(Timestamp::from_millis)),
            provider: self.provider,
            application: self.application_id,
            contact: self.contact,
            created_at: Timestamp::from_millis(self.created_at),
            failing_since: self.failing_since.map(Timestamp::from_millis),
            held_until: self.held_until.map(Timestamp::from_millis),
            url: self.url,
            id: self.id,
        })
    }
}

impl From<&Webhook> for WebhookRow {
    fn from(webhook: &Webhook) -> Self {
        let (previous_secret, previous_until) = webhook.previous_secret.clone().unzip();
        let millis = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
        Self {
            id: webhook.id.clone(),
            url: webhook.url.clone(),
            event_types: Some(webhook.event_types.join(" ")).filter(|types| !types.is_empty()),
            provider: webhook.provider.clone(),
            application_id: webhook.application.clone(),
            state: webhook.state.as_str().to_owned(),
            state_since: webhook.state_since.as_millis(),
            disabled_reason: webhook.disabled_reason.clone(),
            secret: webhook.sealed_secret.clone(),
            previous_secret,
            previous_until: millis(previous_until),
            contact: webhook.contact.clone(),
            notice_at: None,
            created_at: webhook.created_at.as_millis(),
            failing_since: millis(webhook.failing_since),
            held_until: millis(webhook.held_until),
        }
    }
}
