//! What an application's own texts must be like.

use std::fmt;

use super::{LocaleTemplates, MessageKind, Messages, Template};
use crate::attribute::is_language_tag;

/// Longest text message in characters (our choice). Vendors cut it into parts of 67 characters and bill each.
const MAX_SMS: usize = 500;
/// Longest subject in characters (our choice); a line of a mail holds at most 998 (RFC 5322, 2.1.1).
const MAX_SUBJECT: usize = 200;
/// Longest text of an e-mail in characters (our choice).
const MAX_EMAIL: usize = 20_000;
/// Longest id or signature that a vendor gives out (our choice, beyond any known).
const MAX_VENDOR_TEXT: usize = 64;

/// What can be filled in. The first one goes into every message, the others into those that carry a code.
pub const FIELDS: [&str; 3] = ["application", "code", "validity"];

/// What is wrong with an application's messages. Shown as the dotted key, the problem and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagesFault {
    /// The way to the fault within the messages, such as `templates`, `en`, `sign-up-code`, `sms`.
    pub key: Vec<String>,
    /// What is wrong and what is allowed.
    pub problem: String,
}

impl fmt::Display for MessagesFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key.join("."), self.problem)
    }
}

impl std::error::Error for MessagesFault {}

impl MessagesFault {
    fn new(problem: impl Into<String>) -> Self {
        Self {
            key: Vec::new(),
            problem: problem.into(),
        }
    }

    fn below(mut self, key: &str) -> Self {
        self.key.insert(0, key.to_owned());
        self
    }
}

impl Messages {
    /// Refuses what no message could be made of.
    ///
    /// # Errors
    /// The first fault.
    pub fn validate(&self) -> Result<(), MessagesFault> {
        locale_tag(&self.locale).map_err(|fault| fault.below("locale"))?;
        for (tag, templates) in &self.templates {
            locale_tag(tag)
                .and_then(|()| locale(templates))
                .map_err(|fault| fault.below(tag).below("templates"))?;
        }
        Ok(())
    }
}

fn locale_tag(tag: &str) -> Result<(), MessagesFault> {
    if is_language_tag(tag) {
        return Ok(());
    }
    Err(MessagesFault::new(format!(
        "{tag:?} is no language tag; it must be one of BCP 47, such as \"en\" or \"zh-CN\""
    )))
}

fn locale(templates: &LocaleTemplates) -> Result<(), MessagesFault> {
    for kind in MessageKind::ALL {
        if let Some(one) = templates.get(kind) {
            template(one, kind).map_err(|fault| fault.below(kind.template()))?;
        }
    }
    Ok(())
}

fn template(template: &Template, kind: MessageKind) -> Result<(), MessagesFault> {
    let Template {
        sms,
        subject,
        email,
        sms_template,
        sms_sign,
    } = template;
    if let Some(sms) = sms {
        one_line(sms, MAX_SMS)
            .and_then(|()| fields(sms, kind))
            .and_then(|()| carries_code(sms, kind))
            .map_err(|fault| fault.below("sms"))?;
    }
    if let Some(subject) = subject {
        one_line(subject, MAX_SUBJECT)
            .and_then(|()| fields(subject, kind))
            .map_err(|fault| fault.below("subject"))?;
    }
    if let Some(email) = email {
        length(email, MAX_EMAIL)
            .and_then(|()| fields(email, kind))
            .and_then(|()| carries_code(email, kind))
            .map_err(|fault| fault.below("email"))?;
    }
    let missing = match (subject, email) {
        (None, Some(_)) => Some(("email", "has no `subject` beside it")),
        (Some(_), None) => Some(("subject", "has no `email` beside it")),
        (None, None) | (Some(_), Some(_)) => None,
    };
    if let Some((key, problem)) = missing {
        let problem = format!("{problem}; an e-mail needs both");
        return Err(MessagesFault::new(problem).below(key));
    }
    for (channel, id) in sms_template {
        channel_name(channel)
            .and_then(|()| one_line(id, MAX_VENDOR_TEXT))
            .map_err(|fault| fault.below(channel).below("sms_template"))?;
    }
    if let Some(sign) = sms_sign {
        one_line(sign, MAX_VENDOR_TEXT).map_err(|fault| fault.below("sms_sign"))?;
    }
    Ok(())
}

fn length(text: &str, most: usize) -> Result<(), MessagesFault> {
    let count = text.chars().count();
    if text.trim().is_empty() {
        return Err(MessagesFault::new(format!(
            "is empty; it must have 1 to {most} characters, or be left out for the shipped text"
        )));
    }
    if count > most {
        return Err(MessagesFault::new(format!(
            "has {count} characters; at most {most} are allowed"
        )));
    }
    Ok(())
}

fn one_line(text: &str, most: usize) -> Result<(), MessagesFault> {
    if text.chars().any(char::is_control) {
        return Err(MessagesFault::new(
            "has a line break or another control character; it must be a single line",
        ));
    }
    length(text, most)
}

/// Only what can be filled in may stand in braces.
fn fields(text: &str, kind: MessageKind) -> Result<(), MessagesFault> {
    let allowed = match kind {
        MessageKind::Code => FIELDS.as_slice(),
        MessageKind::AccountExists | MessageKind::Welcome | MessageKind::WebhookDisabled => {
            &FIELDS[..1]
        }
    };
    let list = || {
        let list: Vec<_> = allowed.iter().map(|name| format!("{{{name}}}")).collect();
        list.join(", ")
    };
    let mut rest = text;
    while let Some(brace) = rest.find(['{', '}']) {
        let named = rest[brace..]
            .strip_prefix('{')
            .and_then(|inside| inside.split_once('}'));
        let Some((name, after)) = named else {
            return Err(MessagesFault::new(format!(
                "has a brace without its partner; braces are for what is filled in: {}",
                list()
            )));
        };
        if !allowed.contains(&name) {
            let name: String = name.chars().take(40).collect();
            let problem = if FIELDS.contains(&name.as_str()) {
                "this message has none"
            } else {
                "nothing is called that"
            };
            return Err(MessagesFault::new(format!(
                "wants {{{name}}}, but {problem}; allowed here: {}",
                list()
            )));
        }
        rest = after;
    }
    Ok(())
}

fn carries_code(text: &str, kind: MessageKind) -> Result<(), MessagesFault> {
    match kind {
        MessageKind::Code if !text.contains("{code}") => Err(MessagesFault::new(
            "does not tell the code; it must contain {code}",
        )),
        MessageKind::Code
        | MessageKind::AccountExists
        | MessageKind::Welcome
        | MessageKind::WebhookDisabled => Ok(()),
    }
}

/// Names of channel providers are part of keys in settings and of environment variables.
fn channel_name(name: &str) -> Result<(), MessagesFault> {
    let plain = (1..=32).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if plain {
        return Ok(());
    }
    Err(MessagesFault::new(
        "is no name of a channel provider; those have 1 to 32 lower-case letters, digits or '_'",
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    fn fault(locale: &str, purpose: &str, template: Value) -> Option<String> {
        let messages = json!({"templates": {locale: {purpose: template}}});
        let messages: Messages = serde_json::from_value(messages).unwrap();
        messages.validate().err().map(|fault| fault.to_string())
    }

    #[test]
    fn good_templates_are_accepted() {
        let code = json!({
            "sms": "{application}: {code} ({validity})",
            "subject": "{code}",
            "email": "Dear guest,\n\n\t{code}\n",
            "sms_template": {"main_2": "SMS_1110"},
            "sms_sign": "铺子",
        });
        assert_eq!(fault("zh-Hans-CN", "sign-up-code", code), None);
        let welcome = json!({"sms": "Hello from {application}"});
        assert_eq!(fault("en", "welcome", welcome), None);
        assert_eq!(fault("en", "account-exists", json!({})), None);
    }

    #[test]
    fn each_fault_is_told_with_its_key_and_what_is_allowed() {
        let code = "sign-up-code";
        let long = "x".repeat(501);
        for (locale, purpose, template, expected) in [
            (
                "en",
                code,
                json!({"sms": "{cod}"}),
                "templates.en.sign-up-code.sms: wants {cod}, but nothing is called that; allowed here: {application}, {code}, {validity}",
            ),
            (
                "en",
                code,
                json!({"sms": "Hello"}),
                "templates.en.sign-up-code.sms: does not tell the code",
            ),
            (
                "en",
                code,
                json!({"subject": "S", "email": "Hello"}),
                "templates.en.sign-up-code.email: does not tell the code",
            ),
            (
                "en",
                code,
                json!({"sms": "{code"}),
                "a brace without its partner",
            ),
            (
                "en",
                code,
                json!({"sms": "code} {code}"}),
                "a brace without its partner",
            ),
            ("en", code, json!({"sms": "{co{code}"}), "wants {co{code}"),
            (
                "en",
                code,
                json!({"sms": " "}),
                "sms: is empty; it must have 1 to 500 characters",
            ),
            (
                "en",
                code,
                json!({"sms": long}),
                "sms: has 501 characters; at most 500",
            ),
            (
                "en",
                code,
                json!({"sms": "a\n{code}"}),
                "sms: has a line break",
            ),
            (
                "en",
                code,
                json!({"subject": "a\r\nBcc: b", "email": "{code}"}),
                "subject: has a line break",
            ),
            (
                "en",
                code,
                json!({"email": "{code}"}),
                "email: has no `subject` beside it",
            ),
            (
                "en",
                code,
                json!({"subject": "{code}"}),
                "subject: has no `email` beside it",
            ),
            (
                "en",
                code,
                json!({"sms_template": {"Main": "1"}}),
                "sms_template.Main: is no name of a channel provider",
            ),
            (
                "en",
                code,
                json!({"sms_template": {"main": ""}}),
                "sms_template.main: is empty",
            ),
            ("en", code, json!({"sms_sign": ""}), "sms_sign: is empty"),
            (
                "en",
                "welcome",
                json!({"sms": "{code}"}),
                "templates.en.welcome.sms: wants {code}, but this message has none; allowed here: {application}",
            ),
            (
                "en",
                "account-exists",
                json!({"sms": "{validity}"}),
                "wants {validity}, but this message has none",
            ),
            (
                "english!",
                code,
                json!({}),
                "templates.english!: \"english!\" is no language tag",
            ),
        ] {
            let fault = fault(locale, purpose, template).unwrap();
            assert!(fault.contains(expected), "{fault}\n{expected}");
        }
    }

    #[test]
    fn the_applications_own_locale_is_a_language_tag() {
        let messages = Messages {
            locale: "no_tag!".to_owned(),
            ..Messages::default()
        };
        let fault = messages.validate().unwrap_err().to_string();
        assert!(
            fault.starts_with("locale: \"no_tag!\" is no language tag"),
            "{fault}"
        );
    }
}
