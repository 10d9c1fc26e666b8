//! Twilio: the Messages resource of API version 2010-04-01, HTTP Basic authentication (RFC 7617).

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use signup_core::mask::Secret;
use signup_notify::Message;
use url::{Url, form_urlencoded};

use super::provider::{ChannelProvider, NotSent, reference};
use super::request::{HttpClient, headers};
use super::section::Section;

/// What a `[channel.NAME]` of this kind holds.
#[derive(Clone, Debug)]
pub(super) struct TwilioSettings {
    account_sid: String,
    auth_token: Secret<String>,
    origin: Origin,
    endpoint: Url,
}

/// Who a message comes from.
#[derive(Clone, Debug)]
enum Origin {
    /// A number or a name of ours.
    From(String),
    /// A messaging service, which picks one.
    MessagingService(String),
}

impl TwilioSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let account_sid = section.required(
            "account_sid",
            "must be an Account SID: AC and letters and digits",
            |text| sid(text, "AC"),
        );
        let auth_token = section.required_secret("auth_token");
        let from = section.text("from");
        let service = section.optional(
            "messaging_service_sid",
            "must be the SID of a messaging service: MG and letters and digits",
            |text| sid(text, "MG"),
        );
        let origin = match (from, service) {
            (Some(from), None) => Some(Origin::From(from)),
            (None, Some(service)) => Some(Origin::MessagingService(service)),
            (Some(_), Some(_)) => {
                section.fault(
                    "from",
                    "is set together with messaging_service_sid",
                    "set one of the two",
                );
                None
            }
            (None, None) => {
                if !section.is_set("messaging_service_sid") {
                    section.fault(
                        "from",
                        "is not set",
                        "must be a number or sender of yours, or set messaging_service_sid",
                    );
                }
                None
            }
        };
        let endpoint = section.url("endpoint", "https://api.twilio.com", false)?;
        Some(Self {
            account_sid: account_sid?,
            auth_token,
            origin: origin?,
            endpoint,
        })
    }
}

/// SIDs become a part of the URL.
fn sid(text: &str, prefix: &str) -> Option<String> {
    let rest = text.strip_prefix(prefix)?;
    let is_good = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_good.then(|| text.to_owned())
}

pub(super) struct Twilio {
    settings: TwilioSettings,
    client: HttpClient,
}

impl Twilio {
    pub(super) fn new(settings: TwilioSettings) -> Result<Self, String> {
        Ok(Self {
            settings,
            client: HttpClient::new()?,
        })
    }

    fn form(&self, message: &Message) -> String {
        let (key, origin) = match &self.settings.origin {
            Origin::From(from) => ("From", from),
            Origin::MessagingService(service) => ("MessagingServiceSid", service),
        };
        form_urlencoded::Serializer::new(String::new())
            .append_pair("To", &message.address)
            .append_pair(key, origin)
            .append_pair("Body", &message.text)
            .finish()
    }
}

#[async_trait]
impl ChannelProvider for Twilio {
    async fn send(&self, message: &Message, limit: Duration) -> Result<Option<String>, NotSent> {
        let settings = &self.settings;
        let (user, password) = (&settings.account_sid, settings.auth_token.expose());
        let credentials = Secret::new(STANDARD.encode(format!("{user}:{password}")));
        let headers = headers(&[
            ("authorization", &format!("Basic {}", credentials.expose())),
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
        ])?;
        let mut url = settings.endpoint.clone();
        url.set_path(&format!("/2010-04-01/Accounts/{user}/Messages.json"));
        let body = self.form(message).into_bytes();
        let answer = self.client.post(url, headers, body, limit).await?;
        if answer.status.is_success() {
            // The status alone says that it was taken.
            return Ok(answer
                .json::<Created>()
                .and_then(|created| reference(&created.sid)));
        }
        match answer.json::<Failure>() {
            Some(failure) => Err(meaning(failure.code)),
            None => Err(answer.by_status()),
        }
    }
}

#[derive(Deserialize)]
struct Created {
    sid: String,
}

#[derive(Deserialize)]
struct Failure {
    code: u32,
}

/// What an error code means (Twilio, "Error and Warning Dictionary").
fn meaning(code: u32) -> NotSent {
    let refused = |what| NotSent::Refused(format!("error {code}: {what}"));
    let unsuitable = |what| NotSent::Unsuitable(format!("error {code}: {what}"));
    let unavailable = |what| NotSent::Unavailable(format!("error {code}: {what}"));
    match code {
        21211 => refused("this is no phone number"),
        21614 => refused("this is no mobile number"),
        21610 => refused("the owner has opted out"),
        21265 | 21266 => refused("this number cannot be the receiver"),
        21408 => unsuitable("this region is not switched on in the account"),
        21608 => unsuitable("a trial account sends to verified numbers only"),
        21612 => unsuitable("there is no way from this sender to this number"),
        21602 | 21605 | 21617 | 21619 => unsuitable("the text is too long or empty"),
        20003 | 20005 | 20008 => unavailable("check the credentials and the account"),
        21603 | 21606 | 21659 | 21660 | 21701 | 21703 => unavailable("check the sender"),
        20429 | 14107 | 30022 | 63038 => unavailable("too many messages"),
        _ => unavailable("see the error dictionary"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_tell_the_numbers_faults_from_ours_and_the_vendors() {
        for (code, expected) in [
            (21211, "refused"),
            (21610, "refused"),
            (21614, "refused"),
            (21408, "unsuitable"),
            (21612, "unsuitable"),
            (20003, "unavailable"),
            (20429, "unavailable"),
            (21606, "unavailable"),
            (20500, "unavailable"),
        ] {
            assert_eq!(meaning(code).as_str(), expected, "{code}");
            assert!(meaning(code).text().starts_with(&format!("error {code}")));
        }
    }
}
