//! What was decided about requests: written many at a time, after the answers, and read to explain them.

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;
use signup_core::code::Channel;
use signup_core::decision::{Action, Decision, MaskedIdentifiers};
use signup_core::time::Timestamp;

use crate::arrays::{Column, OverArrays, Statement, big_integers, text};
use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::schema::decisions::dsl;
use crate::store::Store;

/// What decisions are looked up by. There is an index for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionKey {
    /// The request's id.
    Request(String),
    /// A user's public id, or a challenge's id.
    Subject(String),
    /// A masked phone number or e-mail address.
    MaskedAddress(String),
}

/// PostgreSQL takes a batch as arrays.
struct Insert;

impl Statement for Insert {
    const SQL: &'static str = "\
INSERT INTO decisions (time, duration_ms, request_id, provider, application_id, action, outcome, reply, status, channel,
  username, phone, email, subject)
SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    type Row = ();
}

/// SQLite takes it as JSON, in the form of [`row`].
const INSERT_JSON: &str = "\
INSERT INTO decisions (time, duration_ms, request_id, provider, application_id, action, outcome, reply, status, channel,
  username, phone, email, subject)
SELECT json_extract(value, '$.time'), json_extract(value, '$.duration_ms'), json_extract(value, '$.request_id'),
  json_extract(value, '$.provider'), json_extract(value, '$.application_id'), json_extract(value, '$.action'),
  json_extract(value, '$.outcome'), json_extract(value, '$.reply'), json_extract(value, '$.status'),
  json_extract(value, '$.channel'), json_extract(value, '$.username'), json_extract(value, '$.phone'),
  json_extract(value, '$.email'), json_extract(value, '$.subject')
FROM json_each($1)";

macro_rules! newest {
    ($connection:expr, $condition:expr, $most:expr) => {
        dsl::decisions
            .filter($condition)
            .order((dsl::time.desc(), dsl::sequence.desc()))
            .limit(i64::from($most))
            .load::<DecisionRow>($connection)?
    };
}

impl Store {
    /// Writes a batch in one statement.
    ///
    /// # Errors
    /// The database is unavailable; then none of them is written.
    pub async fn insert_decisions(&self, batch: &[Decision]) -> Result<(), StoreError> {
        let batch = batch.to_vec();
        self.run(move |connection| {
            match connection {
                AnyConnection::Postgres(connection) => {
                    OverArrays::<Insert>::new(columns(&batch)).execute(connection)?;
                }
                AnyConnection::Sqlite(connection) => {
                    let rows: Vec<_> = batch.iter().map(row).collect();
                    diesel::sql_query(INSERT_JSON)
                        .bind::<Text, _>(json!(rows).to_string())
                        .execute(connection)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// The newest `most` decisions that a key leads to, the oldest of them first.
    ///
    /// # Errors
    /// The database is unavailable, or holds what this version cannot read.
    pub async fn find_decisions(
        &self,
        key: DecisionKey,
        most: u32,
    ) -> Result<Vec<Decision>, StoreError> {
        self.run(move |connection| {
            // A statement for each column: only so both databases see which index fits.
            let mut rows = match key {
                DecisionKey::Request(id) => newest!(connection, dsl::request_id.eq(id), most),
                DecisionKey::Subject(id) => newest!(connection, dsl::subject.eq(id), most),
                DecisionKey::MaskedAddress(mask) if mask.contains('@') => {
                    newest!(connection, dsl::email.eq(mask), most)
                }
                DecisionKey::MaskedAddress(mask) => {
                    newest!(connection, dsl::phone.eq(mask), most)
                }
            };
            rows.reverse();
            rows.into_iter().map(DecisionRow::read).collect()
        })
        .await
    }
}

/// What was decided about a person's requests: those that led to one of these subjects, the oldest first.
pub(crate) fn about(
    connection: &mut AnyConnection,
    provider: &str,
    subjects: &[String],
) -> Result<Vec<Decision>, StoreError> {
    let rows: Vec<DecisionRow> = dsl::decisions
        .filter(dsl::provider.eq(provider))
        .filter(dsl::subject.eq_any(subjects))
        .order((dsl::time, dsl::sequence))
        .load(connection)?;
    rows.into_iter().map(DecisionRow::read).collect()
}

/// Takes the masked identifiers out of what [`about`] finds, and tells of how many.
pub(crate) fn anonymise(
    connection: &mut AnyConnection,
    provider: &str,
    subjects: &[String],
) -> QueryResult<usize> {
    diesel::update(dsl::decisions)
        .filter(dsl::provider.eq(provider))
        .filter(dsl::subject.eq_any(subjects))
        .set((
            dsl::username.eq(None::<String>),
            dsl::phone.eq(None::<String>),
            dsl::email.eq(None::<String>),
        ))
        .execute(connection)
}

fn columns(batch: &[Decision]) -> Vec<Column<'_>> {
    let of = |read: fn(&Decision) -> &str| text(batch.iter().map(read));
    let maybe = |read: fn(&Decision) -> Option<&str>| {
        Column::OptionalTexts(batch.iter().map(read).collect())
    };
    vec![
        big_integers(batch.iter().map(|it| it.time.as_millis())),
        big_integers(
            batch
                .iter()
                .map(|it| i64::try_from(it.duration_ms).unwrap_or(i64::MAX)),
        ),
        of(|it| &it.request_id),
        of(|it| &it.provider),
        maybe(|it| it.application.as_deref()),
        of(|it| it.action.as_str()),
        of(|it| &it.outcome),
        maybe(|it| it.reply.as_deref()),
        Column::OptionalIntegers(batch.iter().map(|it| it.status.map(i32::from)).collect()),
        maybe(|it| it.channel.map(Channel::as_str)),
        maybe(|it| it.identifiers.username.as_deref()),
        maybe(|it| it.identifiers.phone.as_deref()),
        maybe(|it| it.identifiers.email.as_deref()),
        maybe(|it| it.subject.as_deref()),
    ]
}

fn row(decision: &Decision) -> serde_json::Value {
    json!({
        "time": decision.time.as_millis(),
        "duration_ms": decision.duration_ms,
        "request_id": decision.request_id,
        "provider": decision.provider,
        "application_id": decision.application,
        "action": decision.action.as_str(),
        "outcome": decision.outcome,
        "reply": decision.reply,
        "status": decision.status,
        "channel": decision.channel.map(Channel::as_str),
        "username": decision.identifiers.username,
        "phone": decision.identifiers.phone,
        "email": decision.identifiers.email,
        "subject": decision.subject,
    })
}

#[derive(Queryable)]
struct DecisionRow {
    sequence: i64,
    time: i64,
    duration_ms: i64,
    request_id: String,
    provider: String,
    application: Option<String>,
    action: String,
    outcome: String,
    reply: Option<String>,
    status: Option<i32>,
    channel: Option<String>,
    username: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    subject: Option<String>,
}

impl DecisionRow {
    fn read(self) -> Result<Decision, StoreError> {
        let sequence = self.sequence;
        let unreadable = |what: &str| StoreError::unreadable(format!("decision {sequence}"), what);
        Ok(Decision {
            time: Timestamp::from_millis(self.time),
            duration_ms: u64::try_from(self.duration_ms).unwrap_or_default(),
            request_id: self.request_id,
            provider: self.provider,
            application: self.application,
            action: Action::from_name(&self.action).ok_or_else(|| unreadable("unknown action"))?,
            outcome: self.outcome,
            reply: self.reply,
            status: self.status.and_then(|status| u16::try_from(status).ok()),
            channel: self.channel.as_deref().and_then(Channel::from_name),
            identifiers: MaskedIdentifiers {
                username: self.username,
                phone: self.phone,
                email: self.email,
            },
            subject: self.subject,
        })
    }
}
