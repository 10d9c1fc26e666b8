//! `signup.user.created.v1`: a welcome, where the application wants it.

use std::time::Duration;

use signup_core::code::Channel;
use signup_core::event::EventMessage;
use signup_core::identifier::{EmailAddress, IdentifierKind};
use signup_core::messages::MessageKind;
use signup_core::time::Timestamp;

use crate::draft::Draft;
use crate::envelope::{self, UserCreated};
use crate::plan::{Plan, Undone};
use crate::worker::Worker;

/// How long after the sign-up a welcome is still one (our choice); it bounds the attempts to send it.
const WELCOME_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

impl Worker {
    /// The welcome for a user with a proven address, if the application wants it.
    pub(crate) async fn plan_welcome(&self, event: &EventMessage) -> Result<Plan, Undone> {
        let created: UserCreated = match envelope::data(&event.envelope) {
            Ok(created) => created,
            Err(problem) => return Err(Undone::unreadable(event, problem)),
        };
        let UserCreated { user, .. } = &created;
        let application = self
            .applications
            .find(&user.provider, &user.application)
            .await?;
        let (Some(application), Some((channel, address))) = (application, proven_address(&created))
        else {
            return Ok(Plan::Ignore);
        };
        if !application.messages.welcome {
            return Ok(Plan::Ignore);
        }
        if !self.store.has_user(&user.provider, &user.id).await? {
            return Ok(Plan::drop(channel, "the user was erased"));
        }
        let now = self.clock.now();
        let created_at = Timestamp::from_millis(created.created_at.as_millisecond());
        if now.since(created_at) > WELCOME_LIFE {
            return Ok(Plan::drop(channel, "the sign-up is too long ago"));
        }
        let draft = Draft {
            event,
            provider: &user.provider,
            application: &user.application,
            sending: &application,
            kind: MessageKind::Welcome,
            channel,
            address: &address,
            locales: &[&application.messages.locale],
            code: None,
            expires_at: created_at.after(WELCOME_LIFE),
        };
        Ok(Plan::Send(draft.write(now)))
    }
}

/// Where a user can be reached for certain: e-mail before phone, because it costs nothing.
fn proven_address(created: &UserCreated) -> Option<(Channel, String)> {
    [
        (IdentifierKind::Email, Channel::Email),
        (IdentifierKind::Phone, Channel::Sms),
    ]
    .into_iter()
    .find_map(|(kind, channel)| {
        let identifier = created.identifiers.get(kind.as_str())?;
        identifier
            .verified
            .then(|| (channel, recipient(kind, &identifier.value)))
    })
}

/// Events carry an e-mail address as it was typed, which need not be a form that mail servers take.
fn recipient(kind: IdentifierKind, value: &str) -> String {
    match kind {
        IdentifierKind::Email => EmailAddress::parse(value)
            .map_or_else(|_| value.to_owned(), |address| address.mailbox()),
        IdentifierKind::Username | IdentifierKind::Phone => value.to_owned(),
    }
}
