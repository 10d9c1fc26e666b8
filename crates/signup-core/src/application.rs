//! Applications and directories, as operators declare them.

mod keys;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::code::SendLimits;
use crate::messages::Messages;
use crate::password::PasswordPolicy;

pub use self::keys::RULES;

/// The scope in which user names, e-mail addresses and phone numbers are unique.
#[derive(Clone, Debug)]
pub struct Directory {
    /// The provider whose applications use this directory.
    pub provider: String,
    /// The directory's id, unique within its provider.
    pub id: String,
    /// What only this provider's directories have.
    pub settings: ProviderSettings,
}

/// One application: the unit that has credentials, rules and a sign-up flow.
#[derive(Clone, Debug)]
pub struct Application {
    /// The provider whose API this application's clients speak.
    pub provider: String,
    /// The application's id, unique within its provider.
    pub id: String,
    /// The directory its users go to.
    pub directory: Arc<Directory>,
    /// The name that people see in messages.
    pub name: String,
    /// A disabled application signs nobody up and sends no codes.
    pub enabled: bool,
    /// The rules that every provider's applications have.
    pub rules: Rules,
    /// What only this provider's applications have.
    pub settings: ProviderSettings,
}

/// Rules that an application of any provider has.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// What a password must be like.
    pub password: PasswordPolicy,
    /// How many codes may be sent.
    pub sending: SendLimits,
    /// What is sent to new users.
    pub messages: Messages,
    /// How many sign-ups one client address may try.
    pub attempts: AttemptLimits,
}

/// Limits on sign-up attempts.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttemptLimits {
    /// Sign-up requests per calling address (IPv6: per /64) and minute; 0 switches the limit off. An app server that
    /// calls for all its users is one address.
    pub per_ip_per_minute: u32,
}

impl Default for AttemptLimits {
    fn default() -> Self {
        Self {
            per_ip_per_minute: 600,
        }
    }
}

/// Settings whose shape belongs to one provider: kept as JSON, read as that provider's type.
#[derive(Clone)]
pub struct ProviderSettings {
    value: Arc<Value>,
    read: Arc<OnceLock<Result<Arc<dyn Any + Send + Sync>, String>>>,
}

impl ProviderSettings {
    /// Wraps settings as they were stored.
    pub fn new(value: Value) -> Self {
        Self {
            value: Arc::new(value),
            read: Arc::new(OnceLock::new()),
        }
    }

    /// The settings as the provider's type. They are read once and kept.
    ///
    /// # Errors
    /// The stored settings do not have this shape, which happens when a newer version wrote them.
    pub fn read<T: DeserializeOwned + Send + Sync + 'static>(&self) -> Result<Arc<T>, String> {
        let read = self.read.get_or_init(|| {
            T::deserialize(&*self.value)
                .map(|settings| Arc::new(settings) as Arc<dyn Any + Send + Sync>)
                .map_err(|error| error.to_string())
        });
        match read {
            Ok(settings) => Arc::clone(settings)
                .downcast::<T>()
                .map_err(|_| "the settings were read as another type before".to_owned()),
            Err(error) => Err(error.clone()),
        }
    }
}

impl fmt::Debug for ProviderSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// A whole number of seconds, as settings files write it.
pub(crate) mod seconds {
    use super::{Deserialize, Duration};
    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(value.as_secs())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_secs)
    }
}
