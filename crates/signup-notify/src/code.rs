//! `signup.otp.requested.v1`: a code, or the note that takes its place.

use signup_core::event::{EventMessage, OtpRequested};
use signup_core::messages::MessageKind;
use signup_store::ChallengeState;

use crate::draft::Draft;
use crate::envelope;
use crate::plan::{Plan, Undone};
use crate::worker::Worker;

impl Worker {
    /// The message for a code that is alive now.
    pub(crate) async fn plan_code(&self, event: &EventMessage) -> Result<Plan, Undone> {
        let request: OtpRequested = match envelope::data(&event.envelope) {
            Ok(request) => request,
            Err(problem) => return Err(Undone::unreadable(event, problem)),
        };
        let dropped = |reason| Ok(Plan::drop(request.channel, reason));
        let Some(kind) = kind_of_template(&request.template) else {
            return Err(Undone::unreadable(
                event,
                "its template is not known".to_owned(),
            ));
        };
        let now = self.clock.now();
        let challenge = match self.store.find_challenge(request.challenge).await? {
            Some((challenge, ChallengeState::Live)) if now < challenge.expires_at => challenge,
            Some((_, ChallengeState::Live)) => return dropped("the code has expired"),
            Some((_, ChallengeState::Replaced)) => return dropped("a newer code has replaced it"),
            Some((_, ChallengeState::Consumed)) => return dropped("the code was used"),
            Some((_, ChallengeState::Locked)) => {
                return dropped("the code saw too many wrong tries");
            }
            None => return dropped("the challenge is not known"),
        };
        let binding = &challenge.binding;
        let application = self
            .applications
            .find(&binding.provider, &binding.application)
            .await?;
        let Some(application) = application else {
            return dropped("the application is not declared or is disabled");
        };
        let code = match kind {
            // A key that is missing here may be on its way, with a new configuration.
            MessageKind::Code => Some(challenge.code(&self.keys).ok_or_else(|| {
                Undone::Later(format!("key `{}` is not in secrets.keys", challenge.key_id))
            })?),
            MessageKind::AccountExists | MessageKind::Welcome | MessageKind::WebhookDisabled => {
                None
            }
        };
        let draft = Draft {
            event,
            provider: &binding.provider,
            application: &binding.application,
            sending: &application,
            kind,
            channel: binding.channel,
            address: request.mailbox.as_deref().unwrap_or(&binding.address),
            locales: &[&request.locale, &application.messages.locale],
            code: code
                .as_ref()
                .map(|code| (code.expose(), challenge.expires_at.since(now))),
            expires_at: challenge.expires_at,
        };
        Ok(Plan::Send(draft.write(now)))
    }
}

/// The kind of message behind the template that an event names; a welcome is no answer to a request for a code.
fn kind_of_template(name: &str) -> Option<MessageKind> {
    MessageKind::find_by_template(name).filter(|kind| *kind != MessageKind::Welcome)
}
