//! From what is to be said to a message.

use std::time::Duration;

use signup_core::code::Channel;
use signup_core::event::EventMessage;
use signup_core::time::Timestamp;

use crate::applications::Sending;
use crate::message::{Message, MessageKind};
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
}

impl Draft<'_> {
    pub(crate) fn write(self, now: Timestamp) -> Box<Message> {
        let locale = Locale::choose(self.locales);
        let fields = Fields {
            application: &self.sending.name,
            code: self.code,
        };
        let rendered = template::render(self.kind, self.channel, locale, &fields);
        Box::new(Message {
            channel: self.channel,
            address: self.address.to_owned(),
            provider: self.provider.to_owned(),
            application: self.application.to_owned(),
            application_name: self.sending.name.clone(),
            kind: self.kind,
            locale: locale.as_str().to_owned(),
            subject: rendered.subject,
            text: rendered.text,
            code: self.code.map(|(code, _)| code.to_owned()),
            event_id: self.event.id.clone(),
            time: now,
        })
    }
}
