//! What a request was about and what was decided, noted while it is at work.
//!
//! Like the request's id in log lines, the notes belong to the task that handles the request, so nothing passes them
//! along. The edge opens them, whoever knows something adds it, and the edge makes a
//! [`Decision`](signup_core::decision::Decision) of them. Outside of a request that is remembered, noting does nothing.
//! Identifiers are masked before they are kept.

use std::sync::{Arc, Mutex, PoisonError};

use signup_core::application::Application;
use signup_core::code::Channel;
use signup_core::decision::MaskedIdentifiers;
use signup_core::identifier::IdentifierKind;

tokio::task_local! {
    static NOTES: Notes;
}

/// The notes of one request. Clones share them.
#[derive(Clone, Default)]
pub struct Notes(Arc<Mutex<Noted>>);

/// What was noted.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    /// The application that was called.
    pub application: Option<String>,
    /// What came of the request.
    pub outcome: Option<&'static str>,
    /// The provider's word for the refusal.
    pub refusal: Option<&'static str>,
    /// What the caller was told about it.
    pub reply: Option<String>,
    /// How the code is or was sent.
    pub channel: Option<Channel>,
    /// Who it is about.
    pub identifiers: MaskedIdentifiers,
    /// The new user's public id, or the challenge's id.
    pub subject: Option<String>,
}

impl Notes {
    /// Does a request's work; what is noted meanwhile is in these notes.
    pub async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        NOTES.scope(self.clone(), work).await
    }

    /// Like [`during`](Self::during), for work that waits for nothing.
    pub fn during_sync<T>(&self, work: impl FnOnce() -> T) -> T {
        NOTES.sync_scope(self.clone(), work)
    }

    /// Everything that was noted until now.
    pub fn read(&self) -> Noted {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn note(change: impl FnOnce(&mut Noted)) {
    // No notes are open: nobody wants to know.
    let _ = NOTES.try_with(|notes| {
        change(&mut notes.0.lock().unwrap_or_else(PoisonError::into_inner));
    });
}

/// The application that the caller has proved to be.
pub fn application(application: &Application) {
    note(|noted| noted.application = Some(application.id.clone()));
}

/// An identifier that the request is about; it is kept masked.
pub fn about(kind: IdentifierKind, key: &str) {
    note(|noted| noted.identifiers.put(kind, key));
}

/// What came of the request so far; a later note takes its place.
pub fn outcome(outcome: &'static str) {
    note(|noted| noted.outcome = Some(outcome));
}

/// How the provider words the refusal: a word for programs, and a text that quotes nothing of what was sent.
pub fn refused(word: &'static str, text: impl AsRef<str>) {
    note(|noted| {
        noted.refusal = Some(word);
        noted.reply = Some(match text.as_ref() {
            "" => word.to_owned(),
            text => format!("{word}: {text}"),
        });
    });
}

/// An address that a code is sent to or was sent to.
pub(crate) fn about_address(application: &Application, channel: Channel, address: &str) {
    note(|noted| {
        noted.application = Some(application.id.clone());
        noted.channel = Some(channel);
        noted.identifiers.put(channel.into(), address);
    });
}

/// The new user's public id, or the challenge's id.
pub(crate) fn subject(subject: impl ToString) {
    note(|noted| noted.subject = Some(subject.to_string()));
}

/// What was noted as the outcome does not hold any more, and nothing else is decided yet.
pub(crate) fn undecided() {
    note(|noted| noted.outcome = None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn notes_belong_to_their_request_and_are_masked() {
        let notes = Notes::default();
        notes
            .during(async {
                about(IdentifierKind::Email, "alice@example.com");
                outcome("wrong_code");
                refused("bad_otp", "");
            })
            .await;
        outcome("created");

        let noted = notes.read();
        assert_eq!(noted.outcome, Some("wrong_code"));
        assert_eq!(noted.reply.as_deref(), Some("bad_otp"));
        assert_eq!(noted.identifiers.email.as_deref(), Some("a***@example.com"));
    }
}
