//! What an application sends to people, and in which words.

mod template;
mod validate;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::context::Language;

pub use self::template::{LocaleTemplates, Template};
pub use self::validate::{FIELDS, MessagesFault};

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// The code that somebody asked for.
    Code,
    /// Tells the owner of an address that was to sign up that it has an account.
    AccountExists,
    /// Welcomes a new user.
    Welcome,
    /// Tells the contact of a webhook that it was switched off. For operators: it belongs to no application.
    WebhookDisabled,
}

impl MessageKind {
    /// The kinds that applications send, in words of their own if they like. What is for operators is not among them.
    pub const ALL: [Self; 3] = [Self::Code, Self::AccountExists, Self::Welcome];

    /// The kind's name in output and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::AccountExists => "account-exists",
            Self::Welcome => "welcome",
            Self::WebhookDisabled => "webhook-disabled",
        }
    }

    /// The purpose: the name of the kind's template in events, declarations and settings.
    pub const fn template(self) -> &'static str {
        match self {
            Self::Code => "sign-up-code",
            Self::AccountExists => "account-exists",
            Self::Welcome => "welcome",
            Self::WebhookDisabled => "webhook-disabled",
        }
    }

    /// The kind whose template has this name.
    pub fn find_by_template(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.template() == name)
    }
}

/// The messages of an application.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Messages {
    /// Locale of messages to people who did not say theirs, BCP 47.
    pub locale: String,
    /// Whether a new user with a proven address is welcomed there.
    pub welcome: bool,
    /// Whether codes can go out by SMS.
    pub sms: bool,
    /// Whether codes can go out by e-mail.
    pub email: bool,
    /// The application's own texts by locale (BCP 47). What is not here is said in the shipped words. Not written when
    /// empty, so that a program that knows no templates can read the rules of applications without any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub templates: BTreeMap<String, LocaleTemplates>,
}

impl Messages {
    /// The locale of a message to somebody who asked for this language, or for none that we speak.
    pub fn locale_for(&self, asked: Option<Language>) -> &str {
        match asked {
            Some(Language::Chinese) => "zh-CN",
            Some(Language::English) => "en",
            None => &self.locale,
        }
    }

    /// What `pick` takes from the application's own template for `locale`: from the very locale if there is one, else
    /// from one of the same language. Comes with the locale that was found. Tags are compared without regard to case,
    /// and `_` counts as `-`.
    pub fn find_own<'a, T>(
        &'a self,
        kind: MessageKind,
        locale: &str,
        pick: impl Fn(&'a Template) -> Option<T>,
    ) -> Option<(&'a str, T)> {
        let of = |(tag, templates): (&'a String, &'a LocaleTemplates)| {
            Some((tag.as_str(), pick(templates.get(kind)?)?))
        };
        let wanted = locale.replace('_', "-");
        self.templates
            .iter()
            .filter(|(tag, _)| tag.eq_ignore_ascii_case(&wanted))
            .find_map(of)
            .or_else(|| {
                self.templates
                    .iter()
                    .filter(|(tag, _)| language(tag).eq_ignore_ascii_case(language(&wanted)))
                    .find_map(of)
            })
    }
}

impl Default for Messages {
    fn default() -> Self {
        Self {
            locale: "zh-CN".to_owned(),
            welcome: false,
            sms: true,
            email: true,
            templates: BTreeMap::new(),
        }
    }
}

/// The language of a tag: `zh` of `zh-CN`.
pub fn language(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn messages(tags: &[&str]) -> Messages {
        let templates = tags.iter().map(|tag| {
            let template = Template {
                sms: Some(format!("{tag} {{code}}")),
                ..Template::default()
            };
            let templates = LocaleTemplates {
                sign_up_code: Some(template),
                ..LocaleTemplates::default()
            };
            ((*tag).to_owned(), templates)
        });
        Messages {
            templates: templates.collect(),
            ..Messages::default()
        }
    }

    fn found<'a>(messages: &'a Messages, locale: &str) -> Option<&'a str> {
        let found = messages.find_own(MessageKind::Code, locale, |one| one.sms.as_deref());
        found.map(|(tag, _)| tag)
    }

    #[test]
    fn the_very_locale_comes_before_another_one_of_its_language() {
        let messages = messages(&["en-GB", "en-US", "pt-BR"]);
        for (locale, expected) in [
            ("en-US", Some("en-US")),
            ("en_us", Some("en-US")),
            ("en", Some("en-GB")),
            ("pt", Some("pt-BR")),
            ("fr", None),
            ("e", None),
        ] {
            assert_eq!(found(&messages, locale), expected, "{locale}");
        }
    }

    #[test]
    fn a_locale_without_a_text_for_the_purpose_is_passed_over() {
        let mut messages = messages(&["en", "en-US"]);
        messages.templates.get_mut("en-US").unwrap().sign_up_code = None;
        assert_eq!(found(&messages, "en-US"), Some("en"));
        let welcome = messages.find_own(MessageKind::Welcome, "en", |one| one.sms.as_deref());
        assert_eq!(welcome, None);
    }

    #[test]
    fn rules_without_templates_are_written_as_they_were_before_there_were_any() {
        let written = serde_json::to_value(Messages::default()).unwrap();
        assert_eq!(written.get("templates"), None);
    }
}
