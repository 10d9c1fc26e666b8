//! The sign-up flow of an application.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use signup_core::code::Channel;

use super::attribute::{Attribute, check_id};

/// Lengths of codes by SMS (vendor's documentation).
pub(super) const SMS_CODE_LENGTHS: RangeInclusive<u8> = 1..=6;
/// Lengths of codes by e-mail (vendor's documentation).
pub(super) const EMAIL_CODE_LENGTHS: RangeInclusive<u8> = 1..=128;
/// Seconds that a code may be valid (vendor's documentation).
pub(super) const CODE_VALIDITIES: RangeInclusive<u16> = 1..=300;

/// `[application.settings.flow]`: what a sign-up must and may hold.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignUpFlow {
    /// Off: sign-ups are answered with `misconfigured`, and no codes are sent.
    pub enabled: bool,
    /// What identifies a user: each of them is required in a request and unique within the tenant.
    pub authentication: BTreeSet<AuthenticationAttribute>,
    /// Ordinary attributes by id, each `required` or `optional`.
    pub ordinary: BTreeMap<String, Presence>,
    /// The user group that new users join. A request cannot choose one (seed 002).
    pub user_group: String,
    /// How codes are sent by SMS; needed for `phone_number`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_source: Option<OtpSource>,
    /// How codes are sent by e-mail; needed for `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_source: Option<OtpSource>,
}

/// An attribute that identifies a user. The order is the order in which faults are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticationAttribute {
    /// `username`.
    Username,
    /// `phone_number`, proven by a code.
    PhoneNumber,
    /// `email`, proven by a code.
    Email,
}

/// Whether a sign-up must hold an ordinary attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It must be there, and not be an empty text.
    Required,
    /// It may be left out.
    Optional,
}

/// A source of one-time codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OtpSource {
    /// Decimal digits of a code: 1 to 6 by SMS, 1 to 128 by e-mail.
    pub code_length: u8,
    /// How long a code is good for, 1 to 300 seconds.
    pub valid_seconds: u16,
}

impl Default for OtpSource {
    /// The vendor's figures for sign-up.
    fn default() -> Self {
        Self {
            code_length: 6,
            valid_seconds: 60,
        }
    }
}

impl OtpSource {
    /// How long a code is good for.
    pub fn validity(&self) -> Duration {
        Duration::from_secs(self.valid_seconds.into())
    }

    fn validate(&self, lengths: RangeInclusive<u8>) -> Result<(), String> {
        if !lengths.contains(&self.code_length) {
            return Err(format!(
                "`code_length` is {}; it must be from {} to {}",
                self.code_length,
                lengths.start(),
                lengths.end()
            ));
        }
        if !CODE_VALIDITIES.contains(&self.valid_seconds) {
            return Err(format!(
                "`valid_seconds` is {}; it must be from {} to {}",
                self.valid_seconds,
                CODE_VALIDITIES.start(),
                CODE_VALIDITIES.end()
            ));
        }
        Ok(())
    }
}

impl Default for SignUpFlow {
    /// User names, nothing else.
    fn default() -> Self {
        Self {
            enabled: true,
            authentication: BTreeSet::from([AuthenticationAttribute::Username]),
            ordinary: BTreeMap::new(),
            user_group: "default".to_owned(),
            sms_source: None,
            email_source: None,
        }
    }
}

impl SignUpFlow {
    /// Whether a sign-up holds this authentication attribute.
    pub fn asks_for(&self, attribute: AuthenticationAttribute) -> bool {
        self.authentication.contains(&attribute)
    }

    /// The source of codes for a channel.
    pub fn source(&self, channel: Channel) -> Option<OtpSource> {
        match channel {
            Channel::Sms => self.sms_source,
            Channel::Email => self.email_source,
        }
    }

    /// Finds combinations that nobody could sign up with.
    pub(super) fn validate(&self) -> Result<(), String> {
        if self.authentication.is_empty() {
            return Err(
                "`authentication` is empty; name one or more of username, phone_number, email"
                    .to_owned(),
            );
        }
        for (attribute, channel, table) in [
            (
                AuthenticationAttribute::PhoneNumber,
                Channel::Sms,
                "sms_source",
            ),
            (
                AuthenticationAttribute::Email,
                Channel::Email,
                "email_source",
            ),
        ] {
            if self.asks_for(attribute) && self.source(channel).is_none() {
                return Err(format!(
                    "`authentication` names {}, which needs codes by {}; add the table `{table}`",
                    attribute.as_str(),
                    channel.as_str(),
                ));
            }
        }
        let sources = [
            ("sms_source", self.sms_source, SMS_CODE_LENGTHS),
            ("email_source", self.email_source, EMAIL_CODE_LENGTHS),
        ];
        for (table, source, lengths) in sources {
            if let Some(source) = source {
                source
                    .validate(lengths)
                    .map_err(|problem| format!("{table}: {problem}"))?;
            }
        }
        for id in self.ordinary.keys() {
            if Attribute::built_in(id).is_none() {
                check_id(id).map_err(|problem| format!("ordinary.{id}: {problem}"))?;
            }
        }
        if self.user_group.is_empty() {
            return Err("`user_group` is empty; name the group that new users join".to_owned());
        }
        Ok(())
    }
}

impl AuthenticationAttribute {
    /// Its name in requests and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::PhoneNumber => "phone_number",
            Self::Email => "email",
        }
    }
}
