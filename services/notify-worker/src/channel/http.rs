//! A hook of the operator's own: a POST with JSON, signed as Standard Webhooks 1.0 says, so that receivers verify it with
//! that specification's libraries.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use serde::Serialize;
use signup_core::mask::Secret;
use signup_core::time::Clock;
use signup_notify::Message;
use url::Url;

use super::provider::{ChannelProvider, NotSent};
use super::request::{HttpClient, headers};
use super::section::Section;
use super::signing::hmac_sha256;

/// What a `[channel.NAME]` of this kind holds.
#[derive(Clone, Debug)]
pub(super) struct HttpSettings {
    url: Url,
    key: Secret<Vec<u8>>,
}

impl HttpSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let url = section.url("url", "", true);
        let secret = section.required_secret("secret");
        let key = parse_key(secret.expose());
        if key.is_none() && !secret.expose().is_empty() {
            section.fault(
                "secret",
                "is no signing secret (not shown, it is secret)",
                "must be whsec_ and base64 of 24 to 64 bytes: echo whsec_$(openssl rand -base64 32)",
            );
        }
        Some(Self {
            url: url?,
            key: key?,
        })
    }
}

/// Standard Webhooks 1.0: `whsec_` and base64 of 24 to 64 bytes.
fn parse_key(text: &str) -> Option<Secret<Vec<u8>>> {
    let key = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
    (24..=64).contains(&key.len()).then(|| Secret::new(key))
}

pub(super) struct Hook {
    settings: HttpSettings,
    client: HttpClient,
    clock: Arc<dyn Clock>,
}

impl Hook {
    pub(super) fn new(settings: HttpSettings, clock: Arc<dyn Clock>) -> Result<Self, String> {
        Ok(Self {
            settings,
            client: HttpClient::new()?,
            clock,
        })
    }

    fn signature(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut signed = format!("{id}.{timestamp}.").into_bytes();
        signed.extend_from_slice(body);
        let tag = hmac_sha256(self.settings.key.expose(), &signed);
        format!("v1,{}", STANDARD.encode(tag))
    }
}

/// What the hook gets.
#[derive(Serialize)]
struct Body<'a> {
    /// `sms` or `email`.
    channel: &'a str,
    address: &'a str,
    text: &'a str,
    subject: Option<&'a str>,
    code: Option<&'a str>,
    /// `sign-up-code`, `account-exists` or `welcome`.
    template: &'a str,
    locale: &'a str,
    provider: &'a str,
    application: &'a str,
    application_name: &'a str,
    event_id: &'a str,
    /// RFC 3339; not to be sent any more from then on.
    expires_at: Option<String>,
}

#[async_trait]
impl ChannelProvider for Hook {
    async fn send(&self, message: &Message, limit: Duration) -> Result<Option<String>, NotSent> {
        let body = serde_json::to_vec(&Body {
            channel: message.channel.as_str(),
            address: &message.address,
            text: &message.text,
            subject: message.subject.as_deref(),
            code: message.code.as_deref(),
            template: message.kind.template(),
            locale: &message.locale,
            provider: &message.provider,
            application: &message.application,
            application_name: &message.application_name,
            event_id: &message.event_id,
            expires_at: message.expires_at.map(|time| time.to_string()),
        })
        .map_err(|_| NotSent::Unavailable("the message cannot be written as JSON".to_owned()))?;
        let timestamp = self.clock.now().as_secs();
        let headers = headers(&[
            ("content-type", "application/json"),
            ("idempotency-key", &message.event_id),
            ("webhook-id", &message.event_id),
            ("webhook-timestamp", &timestamp.to_string()),
            (
                "webhook-signature",
                &self.signature(&message.event_id, timestamp, &body),
            ),
        ])?;
        let answer = self
            .client
            .post(self.settings.url.clone(), headers, body, limit)
            .await?;
        match answer.status {
            status if status.is_success() => Ok(None),
            StatusCode::UNPROCESSABLE_ENTITY => Err(NotSent::Refused(
                "HTTP 422: this address gets no messages".to_owned(),
            )),
            _ => Err(answer.by_status()),
        }
    }
}
