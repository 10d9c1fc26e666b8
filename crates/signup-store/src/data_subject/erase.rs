//! Forgetting a person.

use diesel::prelude::*;
use signup_core::context::RequestContext;
use signup_core::event::{Event, KnownUser};
use signup_core::time::Timestamp;

use super::dossier::Dossier;
use crate::audit::AuditEntry;
use crate::connection::AnyConnection;
use crate::decisions;
use crate::error::StoreError;
use crate::events::StoredEvent;
use crate::schema::{deliveries, idempotency_keys, otp_challenges, outbox as events};
use crate::schema::{usage_windows, users};
use crate::store::Store;

/// What was forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Identifiers that are free now.
    pub identifiers: usize,
    /// Codes and what counted them, removed.
    pub codes: usize,
    /// Decisions that say no more whom they were about.
    pub decisions: usize,
    /// Replies that are not given again.
    pub replies: usize,
    /// Published events, removed.
    pub events: usize,
    /// Events that are still to be published, because what was announced is announced in order, and removed then.
    pub waiting: usize,
    /// The id of the event that tells of it; none if nothing was done yet.
    pub event_id: Option<String>,
}

impl Erased {
    /// What would be forgotten of a person of whom this is kept, and no event that tells of it.
    pub fn foreseen(dossier: &Dossier) -> Self {
        let published = |stored: &&StoredEvent| stored.published_at.is_some();
        let events = dossier.events.iter().filter(published).count();
        Self {
            identifiers: dossier.user.identifiers.len(),
            codes: dossier.windows.len() + dossier.challenges.len(),
            decisions: dossier.decisions.len(),
            replies: dossier.replies.len(),
            events,
            waiting: dossier.events.len() - events,
            event_id: None,
        }
    }
}

impl Store {
    /// Erases the user whom a provider's clients know by this id, and announces and notes that in the same transaction. Its
    /// identifiers are free afterwards. None if there is no such user, or if somebody else has erased it meanwhile.
    ///
    /// What is locked is locked in the order in which code requests and sign-ups do: windows, codes, identifiers.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read; then nothing was erased.
    pub async fn erase_user(
        &self,
        provider: &str,
        public_id: &str,
        now: Timestamp,
        context: &RequestContext,
        noted: &AuditEntry,
    ) -> Result<Option<Erased>, StoreError> {
        let event = |user: &KnownUser| Event::user_erased(user, now, context);
        self.answer_data_subject(
            provider,
            public_id,
            event,
            noted,
            move |connection, dossier, event| {
                let mut erased = forget(connection, &dossier, now)?;
                erased.event_id = Some(event.id.to_string());
                Ok(erased)
            },
        )
        .await
    }
}

fn forget(
    connection: &mut AnyConnection,
    dossier: &Dossier,
    now: Timestamp,
) -> Result<Erased, StoreError> {
    let mut erased = Erased {
        identifiers: dossier.user.identifiers.len(),
        ..Erased::default()
    };
    for window in &dossier.windows {
        erased.codes +=
            diesel::delete(usage_windows::table.find(&window.key)).execute(connection)?;
    }
    for record in &dossier.challenges {
        let id = record.challenge.id.to_string();
        erased.codes += diesel::delete(otp_challenges::table.find(id)).execute(connection)?;
    }
    for kept in &dossier.replies {
        // The key stays taken, or a request that is sent again would bring the user back: it counts as in progress until
        // its end.
        let key = (&dossier.user.provider, &dossier.user.application, &kept.key);
        erased.replies += diesel::update(idempotency_keys::table.find(key))
            .set((
                idempotency_keys::reply.eq(None::<String>),
                idempotency_keys::leased_until.eq(idempotency_keys::expires_at),
            ))
            .execute(connection)?;
    }
    let mut subjects: Vec<String> = dossier
        .decisions
        .iter()
        .filter_map(|decision| decision.subject.clone())
        .collect();
    subjects.sort();
    subjects.dedup();
    erased.decisions = decisions::anonymise(connection, &dossier.user.provider, &subjects)?;
    forget_events(connection, dossier, now, &mut erased)?;
    // Identifiers go with their user.
    diesel::delete(users::table.find(&dossier.user.id)).execute(connection)?;
    Ok(erased)
}

fn forget_events(
    connection: &mut AnyConnection,
    dossier: &Dossier,
    now: Timestamp,
    erased: &mut Erased,
) -> QueryResult<()> {
    let ids: Vec<&String> = dossier.events.iter().map(|one| &one.event.id).collect();
    // First all of them, then those that are published: a relay may publish one in between.
    let marked = diesel::update(events::table.filter(events::id.eq_any(&ids)))
        .set(events::erased_at.eq(now.as_millis()))
        .execute(connection)?;
    erased.events = diesel::delete(events::table.filter(events::id.eq_any(&ids)))
        .filter(events::published_at.is_not_null())
        .execute(connection)?;
    erased.waiting = marked.saturating_sub(erased.events);
    // That a message was sent stays, or it would be sent again; the vendor's name for it goes.
    diesel::update(deliveries::table.filter(deliveries::event_id.eq_any(&ids)))
        .set(deliveries::detail.eq(None::<String>))
        .execute(connection)?;
    Ok(())
}
