//! What was decided about requests: written many at a time, after the answers, and read to explain them.

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;
use signup_core::code::Channel;
use signup_core::decision::{Action, Decision, MaskedIdentifiers};
use signup_core::time::Timestamp;

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

/// The columns that both databases take from the JSON of a batch, with their types on PostgreSQL.
const COLUMNS: [(&str, &str); 14] = [
    ("time", "BIGINT"),
    ("duration_ms", "BIGINT"),
    ("request_id", "TEXT"),
    ("provider", "TEXT"),
    ("application_id", "TEXT"),
    ("action", "TEXT"),
    ("outcome", "TEXT"),
    ("reply", "TEXT"),
    ("status", "INTEGER"),
    ("channel", "TEXT"),
    ("username", "TEXT"),
    ("phone", "TEXT"),
    ("email", "TEXT"),
    ("subject", "TEXT"),
];

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
        let rows: Vec<_> = batch.iter().map(row).collect();
        let rows = json!(rows).to_string();
        self.run(move |connection| {
            // One parameter, whatever the number of rows: the statement is prepared once.
            let names: Vec<_> = COLUMNS.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            let source = match connection {
                AnyConnection::Postgres(_) => {
                    let typed: Vec<_> = COLUMNS
                        .iter()
                        .map(|(name, kind)| format!("{name} {kind}"))
                        .collect();
                    format!(
                        "SELECT {names} FROM json_to_recordset($1::json) AS batch({})",
                        typed.join(", ")
                    )
                }
                AnyConnection::Sqlite(_) => {
                    let read: Vec<_> = COLUMNS
                        .iter()
                        .map(|(name, _)| format!("json_extract(value, '$.{name}')"))
                        .collect();
                    format!("SELECT {} FROM json_each($1)", read.join(", "))
                }
            };
            diesel::sql_query(format!("INSERT INTO decisions ({names}) {source}"))
                .bind::<Text, _>(rows)
                .execute(connection)?;
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
