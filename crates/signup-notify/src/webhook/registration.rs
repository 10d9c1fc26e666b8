//! How a webhook comes to be.

use signup_app::settings::WebhookSettings;
use signup_core::event::EventType;
use signup_core::identifier::EmailAddress;
use signup_core::keys::KeyRing;
use signup_core::time::Timestamp;
use signup_store::{Webhook, WebhookState};
use uuid::Uuid;

use super::egress::{Egress, UrlProblem};
use super::secret::{SecretError, SigningSecret};

/// No longer URL is taken, bytes as it is sent: more is refused by many servers, and it stands in tables and pages.
const LONGEST_URL: usize = 2048;

/// What an operator says about a new webhook.
#[derive(Clone, Debug, Default)]
pub struct NewWebhook {
    /// Where its calls go.
    pub url: String,
    /// The types of events that it wants; empty: all that go to webhooks.
    pub events: Vec<EventType>,
    /// The provider whose events it wants; none: all. Must be known.
    pub provider: Option<String>,
    /// The application of that provider; none: all. Must be declared.
    pub application: Option<String>,
    /// The e-mail address of who is told when it is disabled.
    pub contact: Option<String>,
}

/// Why a webhook cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NewWebhookError {
    /// The URL is none that may be called.
    #[error("the URL cannot be a webhook's: {0}")]
    Url(#[from] UrlProblem),
    /// The URL is too long.
    #[error("the URL cannot be a webhook's: it has more than {LONGEST_URL} characters")]
    UrlTooLong,
    /// Nobody can be reached there.
    #[error("the contact is no e-mail address")]
    Contact,
    /// There is no secret for it.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl NewWebhook {
    /// Makes an active webhook with an id and a secret of its own, to be stored, and its secret, to be shown once.
    ///
    /// # Errors
    /// The URL or the contact does not fit, or no secret could be made.
    pub fn make(
        self,
        settings: &WebhookSettings,
        keys: &KeyRing,
        now: Timestamp,
    ) -> Result<(Webhook, SigningSecret), NewWebhookError> {
        if self.url.len() > LONGEST_URL {
            return Err(NewWebhookError::UrlTooLong);
        }
        let url = Egress::new(settings).check_url(&self.url)?;
        // Some characters take more room when they are written as URLs have them.
        if url.as_str().len() > LONGEST_URL {
            return Err(NewWebhookError::UrlTooLong);
        }
        if let Some(contact) = &self.contact {
            EmailAddress::parse(contact).map_err(|_| NewWebhookError::Contact)?;
        }
        let id = Uuid::now_v7().to_string();
        let secret = SigningSecret::generate()?;
        let webhook = Webhook {
            url: url.into(),
            event_types: self
                .events
                .iter()
                .map(|known| known.as_str().to_owned())
                .collect(),
            provider: self.provider,
            application: self.application,
            state: WebhookState::Active,
            state_since: now,
            disabled_reason: None,
            sealed_secret: secret.seal(keys, &id)?,
            previous_secret: None,
            contact: self.contact,
            created_at: now,
            failing_since: None,
            held_until: None,
            id,
        };
        Ok((webhook, secret))
    }
}
