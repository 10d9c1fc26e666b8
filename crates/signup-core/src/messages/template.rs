//! An application's own texts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::MessageKind;

/// The texts of one locale, by what they are for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LocaleTemplates {
    /// The code that somebody asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_up_code: Option<Template>,
    /// The note to the owner of an address that was to sign up again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_exists: Option<Template>,
    /// The welcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome: Option<Template>,
}

impl LocaleTemplates {
    /// The texts of this kind of message.
    pub fn get(&self, kind: MessageKind) -> Option<&Template> {
        match kind {
            MessageKind::Code => self.sign_up_code.as_ref(),
            MessageKind::AccountExists => self.account_exists.as_ref(),
            MessageKind::Welcome => self.welcome.as_ref(),
            MessageKind::WebhookDisabled => None,
        }
    }
}

/// The texts of one kind of message in one locale. `{application}`, and in a code's message `{code}` and `{validity}`,
/// are filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Template {
    /// The text message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms: Option<String>,
    /// The e-mail's subject; goes with `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The e-mail's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The id of the template registered with an SMS vendor, by the name of the channel provider in the settings. Used
    /// in place of the provider's own `templates`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sms_template: BTreeMap<String, String>,
    /// The signature registered with SMS vendors, in place of the provider's own `sign_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_sign: Option<String>,
}
