//! The outbox: events are written with what caused them, and claimed under a lease to be published.

mod backlog;
mod claim;
mod marks;

use diesel::PgConnection;
use diesel::prelude::*;
use signup_core::event::{Event, EventType, Hold};
use signup_core::time::Timestamp;

use crate::arrays::{Column, OverArrays, Statement, big_integers, text};
use crate::connection::AnyConnection;
use crate::schema::outbox::dsl;

pub use backlog::Backlog;
pub use claim::ClaimedEvent;
pub use marks::Unpublished;

/// A part of the outbox that is worked off by itself, so that no backlog of another part stands in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Codes: people are waiting for them, and they end soon.
    Codes,
    /// Everything else.
    Others,
}

impl Lane {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Codes, Self::Others];

    /// The lane that an event goes by.
    pub fn of(event: &Event) -> Self {
        if event.event_type == EventType::OtpRequested.as_str() {
            Self::Codes
        } else {
            Self::Others
        }
    }

    /// The lane's events. A literal, not a parameter: only so both databases see that a partial index fits.
    fn condition(self) -> String {
        let codes = EventType::OtpRequested.as_str();
        match self {
            Self::Codes => format!("event_type = '{codes}'"),
            Self::Others => format!("event_type <> '{codes}'"),
        }
    }
}

/// Writes an event beside what caused it. One that is held is in its relay's hands already, as if that had claimed it.
pub(crate) fn insert(
    connection: &mut AnyConnection,
    event: &Event,
    hold: Option<&Hold>,
) -> QueryResult<()> {
    diesel::insert_into(dsl::outbox)
        .values((
            dsl::id.eq(event.id.to_string()),
            dsl::event_type.eq(event.event_type),
            dsl::subject.eq(&event.subject),
            dsl::routing_key.eq(&event.routing_key),
            dsl::envelope.eq(&event.envelope),
            dsl::time.eq(event.time.as_millis()),
            dsl::attempts.eq(i32::from(hold.is_some())),
            dsl::available_at.eq(available_at(event, hold).as_millis()),
            dsl::leased_by.eq(hold.map(|hold| &hold.by)),
        ))
        .execute(connection)
        .map(drop)
}

struct InsertAll;

impl Statement for InsertAll {
    const SQL: &'static str = "\
INSERT INTO outbox (id, event_type, subject, routing_key, envelope, time, available_at, leased_by, attempts)
SELECT *, (leased_by IS NOT NULL)::integer FROM unnest(?, ?, ?, ?, ?, ?, ?, ?)
  AS given(id, event_type, subject, routing_key, envelope, time, available_at, leased_by)";
    type Row = ();
}

/// Writes many events on PostgreSQL, in their order.
pub(crate) fn insert_all<'a>(
    connection: &mut PgConnection,
    events: impl Iterator<Item = (&'a Event, Option<&'a Hold>)>,
) -> QueryResult<()> {
    let events: Vec<_> = events
        .map(|(event, hold)| (event.id.to_string(), event, hold))
        .collect();
    let rows = events
        .iter()
        .map(|(id, event, hold)| (id.as_str(), *event, *hold));
    let statement = OverArrays::<InsertAll>::new(columns(rows));
    statement.execute(connection).map(drop)
}

/// Events with their ids as arrays: id, type, subject, routing key, envelope, time, when it is free, and who holds it.
pub(crate) fn columns<'a>(
    rows: impl Iterator<Item = (&'a str, &'a Event, Option<&'a Hold>)> + Clone,
) -> Vec<Column<'a>> {
    let events = || rows.clone().map(|(_, event, _)| event);
    vec![
        text(rows.clone().map(|(id, ..)| id)),
        text(events().map(|event| event.event_type)),
        text(events().map(|event| event.subject.as_str())),
        text(events().map(|event| event.routing_key.as_str())),
        text(events().map(|event| event.envelope.as_str())),
        big_integers(events().map(|event| event.time.as_millis())),
        big_integers(
            rows.clone()
                .map(|(_, event, hold)| available_at(event, hold).as_millis()),
        ),
        Column::OptionalTexts(
            rows.clone()
                .map(|(.., hold)| hold.map(|hold| hold.by.as_str()))
                .collect(),
        ),
    ]
}

fn available_at(event: &Event, hold: Option<&Hold>) -> Timestamp {
    hold.map_or(event.time, |hold| hold.until)
}
