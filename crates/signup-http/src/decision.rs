//! From a request's notes to the decision that is kept.

use std::time::Instant;

use actix_web::http::Method;
use actix_web::web;
use signup_app::App;
use signup_app::trace::Notes;
use signup_core::decision::{Action, Decision};
use signup_core::time::Timestamp;

use crate::Provider;

/// The outcome of a request whose client did not wait for the answer.
const ABANDONED: &str = "abandoned";

/// A request that is remembered. When it ends without an answer, because its client has left, that is what is kept.
pub(crate) struct Remembered {
    app: web::Data<App>,
    provider: &'static str,
    action: Action,
    request_id: String,
    notes: Notes,
    time: Timestamp,
    started: Instant,
    answered: bool,
}

impl Remembered {
    /// Begins to remember a request, if its route is one of those that decide about people.
    pub(crate) fn begin(
        app: &web::Data<App>,
        provider: &'static Provider,
        method: &Method,
        route: &str,
        request_id: &str,
    ) -> Option<Self> {
        let actions = provider.actions.iter();
        let (_, action) = actions
            .filter(|_| method == Method::POST)
            .find(|(deciding, _)| *deciding == route)?;
        Some(Self {
            app: app.clone(),
            provider: provider.name,
            action: *action,
            request_id: request_id.to_owned(),
            notes: Notes::default(),
            time: app.clock.now(),
            started: Instant::now(),
            answered: false,
        })
    }

    /// Where the request's work leaves its notes.
    pub(crate) fn notes(&self) -> &Notes {
        &self.notes
    }

    /// The request was answered with this status.
    pub(crate) fn answered(&mut self, status: u16) {
        self.answered = true;
        self.keep(Some(status));
    }

    fn keep(&self, status: Option<u16>) {
        let noted = self.notes.read();
        let answered = |status: u16| format!("http_{status}");
        let outcome = noted.outcome.or(noted.refusal).map(str::to_owned);
        self.app.keep_decision(Decision {
            time: self.time,
            duration_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            request_id: self.request_id.clone(),
            provider: self.provider.to_owned(),
            application: noted.application,
            action: self.action,
            outcome: outcome
                .unwrap_or_else(|| status.map_or_else(|| ABANDONED.to_owned(), answered)),
            reply: noted.reply,
            status,
            channel: noted.channel,
            identifiers: noted.identifiers,
            subject: noted.subject,
        });
    }
}

impl Drop for Remembered {
    fn drop(&mut self) {
        if !self.answered {
            self.keep(None);
        }
    }
}
