//! `signup.otp.requested.v1`: a code, or the note that takes its place.

use signup_core::event::OtpRequested;
use signup_store::{ChallengeState, ClaimedEvent};

use crate::envelope;
use crate::message::{Message, MessageKind};
use crate::template::{self, Fields, Locale};
use crate::worker::{Later, Plan, Worker};

impl Worker {
    /// The message for a code that is alive now.
    pub(crate) async fn plan_code(&self, event: &ClaimedEvent) -> Result<Plan, Later> {
        let request: OtpRequested = match envelope::data(&event.envelope) {
            Ok(request) => request,
            Err(problem) => return Ok(Plan::unreadable(event, problem)),
        };
        let drop = |reason| Ok(Plan::drop(request.channel, reason));
        let Some(kind) = template::kind_of_template(&request.template) else {
            return Ok(Plan::unreadable(
                event,
                "its template is not known".to_owned(),
            ));
        };
        let now = self.clock.now();
        let challenge = match self.store.find_challenge(request.challenge).await? {
            Some((challenge, ChallengeState::Live)) if now < challenge.expires_at => challenge,
            Some((_, ChallengeState::Live)) => return drop("the code has expired"),
            Some((_, ChallengeState::Replaced)) => return drop("a newer code has replaced it"),
            Some((_, ChallengeState::Consumed)) => return drop("the code was used"),
            Some((_, ChallengeState::Locked)) => return drop("the code saw too many wrong tries"),
            None => return drop("the challenge is not known"),
        };
        let binding = &challenge.binding;
        let application = self
            .applications
            .find(&binding.provider, &binding.application)
            .await?;
        let Some(application) = application else {
            return drop("the application is not declared or is disabled");
        };
        let code = match kind {
            // A key that is missing here may be on its way, with a new configuration.
            MessageKind::Code => Some(challenge.code(&self.keys).ok_or_else(|| {
                Later(format!("key `{}` is not in secrets.keys", challenge.key_id))
            })?),
            MessageKind::AccountExists | MessageKind::Welcome => None,
        };
        let locale = Locale::choose(&[&request.locale, &application.messages.locale]);
        let valid_for = challenge.expires_at.since(now);
        let fields = Fields {
            application: &application.name,
            code: code.as_ref().map(|code| (code.expose(), valid_for)),
        };
        let rendered = template::render(kind, binding.channel, locale, &fields);
        Ok(Plan::Send(Message {
            channel: binding.channel,
            address: binding.address.clone(),
            provider: binding.provider.clone(),
            application: binding.application.clone(),
            application_name: application.name.clone(),
            kind,
            locale: locale.as_str().to_owned(),
            subject: rendered.subject,
            text: rendered.text,
            code: code.map(|code| code.expose().to_owned()),
            event_id: event.id.clone(),
            time: now,
        }))
    }
}
