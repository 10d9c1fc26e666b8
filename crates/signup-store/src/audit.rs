//! What operators did.

use diesel::prelude::*;
use serde_json::Value;
use signup_core::time::Timestamp;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::schema::audit_log;
use crate::store::Store;

/// One thing that an operator did, or tried to do.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// When.
    pub time: Timestamp,
    /// With what: `console` or `signupctl`.
    pub origin: String,
    /// The operator's name, as it was given; for signupctl, the user of the machine.
    pub operator: String,
    /// What was done: `sign_in`, `application_changed`. `docs/console.md` lists them all.
    pub action: String,
    /// What it was done to: `acme/web`. Addresses are masked.
    pub object: Option<String>,
    /// More about it, without secrets; an object.
    pub details: Value,
    /// The request's id.
    pub request_id: Option<String>,
    /// The network that the request came from.
    pub client: Option<String>,
}

/// Who does something, from where and when: what every entry of a change begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeAuthor {
    /// `console` or `signupctl`.
    pub origin: &'static str,
    /// The operator's name, as it was given; for signupctl, the user of the machine.
    pub name: String,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// The network that the request came from.
    pub client: Option<String>,
    /// When.
    pub time: Timestamp,
}

impl ChangeAuthor {
    /// An entry that says what this author did, to what. `details` is an object, without secrets. Names of authors and objects may
    /// have come from outside: each is kept as one line of at most 320 characters.
    pub fn did(&self, action: &str, object: Option<&str>, details: Value) -> AuditEntry {
        AuditEntry {
            time: self.time,
            origin: self.origin.to_owned(),
            operator: as_line(&self.name),
            action: action.to_owned(),
            object: object.map(as_line),
            details,
            request_id: self.request_id.clone(),
            client: self.client.clone(),
        }
    }
}

/// Which entries are wanted; everything that is given must fit.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// This operator's.
    pub operator: Option<String>,
    /// This action.
    pub action: Option<String>,
    /// Those before the entry of this number.
    pub before: Option<i64>,
}

#[derive(Queryable)]
struct AuditRow {
    sequence: i64,
    time: i64,
    origin: String,
    operator: String,
    action: String,
    object: Option<String>,
    details: String,
    request_id: Option<String>,
    client: Option<String>,
}

impl Store {
    /// Notes what an operator did where nothing in the database changes: what was looked at, what was refused. Whatever changes
    /// something notes it in its own transaction.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn insert_audit_entry(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let entry = entry.clone();
        self.run(move |connection| Ok(insert(connection, &entry)?))
            .await
    }

    /// The newest `most` entries that fit, the newest first, each with its number.
    ///
    /// # Errors
    /// The database is unavailable, or a row cannot be read.
    pub async fn audit_entries(
        &self,
        filter: AuditFilter,
        most: u32,
    ) -> Result<Vec<(i64, AuditEntry)>, StoreError> {
        self.run(move |connection| {
            let before = filter.before.unwrap_or(i64::MAX);
            let newest = audit_log::table
                .filter(audit_log::sequence.lt(before))
                .order(audit_log::sequence.desc())
                .limit(i64::from(most));
            // A statement for each case: boxed ones do not work on either of two databases.
            let rows: Vec<AuditRow> = match (filter.operator, filter.action) {
                (None, None) => newest.load(connection)?,
                (Some(operator), None) => newest
                    .filter(audit_log::operator.eq(operator))
                    .load(connection)?,
                (None, Some(action)) => newest
                    .filter(audit_log::action.eq(action))
                    .load(connection)?,
                (Some(operator), Some(action)) => newest
                    .filter(audit_log::operator.eq(operator))
                    .filter(audit_log::action.eq(action))
                    .load(connection)?,
            };
            rows.into_iter().map(AuditRow::read).collect()
        })
        .await
    }
}

/// Notes it in the transaction of what was done.
pub(crate) fn insert(connection: &mut AnyConnection, entry: &AuditEntry) -> QueryResult<()> {
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::time.eq(entry.time.as_millis()),
            audit_log::origin.eq(&entry.origin),
            audit_log::operator.eq(&entry.operator),
            audit_log::action.eq(&entry.action),
            audit_log::object.eq(&entry.object),
            audit_log::details.eq(entry.details.to_string()),
            audit_log::request_id.eq(&entry.request_id),
            audit_log::client.eq(&entry.client),
        ))
        .execute(connection)
        .map(drop)
}

fn as_line(text: &str) -> String {
    const LONGEST: usize = 320;
    text.chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

impl AuditRow {
    fn read(self) -> Result<(i64, AuditEntry), StoreError> {
        let details = serde_json::from_str(&self.details).map_err(|error| {
            StoreError::unreadable(format!("audit entry {}", self.sequence), error)
        })?;
        let entry = AuditEntry {
            time: Timestamp::from_millis(self.time),
            origin: self.origin,
            operator: self.operator,
            action: self.action,
            object: self.object,
            details,
            request_id: self.request_id,
            client: self.client,
        };
        Ok((self.sequence, entry))
    }
}
