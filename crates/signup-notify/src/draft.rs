//! From what is to be said to a message.

use std::time::Duration;

use signup_core::code::Channel;
use signup_core::event::EventMessage;
use signup_core::messages::{MessageKind, Template};
use signup_core::time::Timestamp;

use crate::applications::Sending;
use crate::message::{Message, Registered};
use crate::template::{self, Fields, Locale};

/// Everything that a message is made of.
pub(crate) struct Draft<'a> {
    pub(crate) event: &'a EventMessage,
    pub(crate) provider: &'a str,
    pub(crate) application: &'a str,
    pub(crate) sending: &'a Sending,
    pub(crate) kind: MessageKind,
    pub(crate) channel: Channel,
    pub(crate) address: &'a str,
    /// In which locale, the dearest first.
    pub(crate) locales: &'a [&'a str],
    /// The code, and how long it is good for from now on.
    pub(crate) code: Option<(&'a str, Duration)>,
    /// From then on it must not be sent any more.
    pub(crate) expires_at: Timestamp,
}

/// A text before it is filled in.
struct Text<'a> {
    locale: &'a str,
    subject: Option<&'a str>,
    body: &'a str,
}

impl Draft<'_> {
    pub(crate) fn write(self, now: Timestamp) -> Box<Message> {
        let text = self.text();
        let fields = Fields {
            application: &self.sending.name,
            code: self.code,
        };
        let fill = |words| template::fill(words, text.locale, &fields);
        Box::new(Message {
            channel: self.channel,
            address: self.address.to_owned(),
            provider: self.provider.to_owned(),
            application: self.application.to_owned(),
            application_name: self.sending.name.clone(),
            kind: self.kind,
            locale: text.locale.to_owned(),
            subject: text.subject.map(fill),
            text: fill(text.body),
            code: self.code.map(|(code, _)| code.to_owned()),
            expires_at: Some(self.expires_at),
            registered: self.registered(),
            event_id: self.event.id.clone(),
            time: now,
        })
    }

    /// The application's own words come before the shipped ones, and the reader's language before the application's:
    /// somebody who reads English gets the shipped English rather than own words in Chinese.
    fn text(&self) -> Text<'_> {
        for locale in self.locales {
            if let Some(own) = self.own_text(locale) {
                return own;
            }
            if let Some(shipped) = Locale::find(locale) {
                return self.shipped_text(shipped);
            }
        }
        self.shipped_text(Locale::ZhCn)
    }

    fn own_text(&self, locale: &str) -> Option<Text<'_>> {
        let messages = &self.sending.messages;
        let (locale, (subject, body)) =
            messages.find_own(self.kind, locale, |own| match self.channel {
                Channel::Sms => Some((None, own.sms.as_deref()?)),
                Channel::Email => Some((Some(own.subject.as_deref()?), own.email.as_deref()?)),
            })?;
        Some(Text {
            locale,
            subject,
            body,
        })
    }

    fn shipped_text(&self, locale: Locale) -> Text<'static> {
        let (subject, body) = template::shipped(self.kind, self.channel, locale);
        Text {
            locale: locale.as_str(),
            subject,
            body,
        }
    }

    /// What is registered for the reader's locale, else for the application's; each of the two on its own.
    fn registered(&self) -> Registered {
        let messages = &self.sending.messages;
        Registered {
            templates: self
                .locales
                .iter()
                .find_map(|locale| {
                    messages.find_own(self.kind, locale, |own: &Template| {
                        (!own.sms_template.is_empty()).then(|| own.sms_template.clone())
                    })
                })
                .map_or_else(Default::default, |(_, templates)| templates),
            sign: self
                .locales
                .iter()
                .find_map(|locale| messages.find_own(self.kind, locale, |own| own.sms_sign.clone()))
                .map(|(_, sign)| sign),
        }
    }
}
