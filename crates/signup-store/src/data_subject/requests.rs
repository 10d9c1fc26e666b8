//! Requests for codes to a person's addresses, among all that the outbox still has.

use diesel::RunQueryDsl as _;
use diesel::sql_types::{Bool, Nullable, Text};
use serde_json::json;
use signup_core::event::EventType;

use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::find_users::UserRecord;
use crate::store::Store;

/// Requests that one statement looks at.
const STEP: i64 = 20_000;

/// The requests that were found, and how far the outbox was read.
#[derive(Clone, Debug, Default)]
pub(super) struct CodeRequests {
    /// The events' ids.
    pub ids: Vec<String>,
    /// The last event that was looked at.
    after: String,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Text>)]
    id: Option<String>,
    #[diesel(sql_type = Bool)]
    is_found: bool,
}

impl Store {
    /// Looks at every request for a code, in steps.
    pub(super) async fn code_requests_to(
        &self,
        user: &UserRecord,
    ) -> Result<CodeRequests, StoreError> {
        let user = user.clone();
        let mut requests = CodeRequests::default();
        if user.addresses().is_empty() {
            return Ok(requests);
        }
        loop {
            let user = user.clone();
            let (more, read) = self
                .run(move |connection| {
                    let more = requests.read_on(connection, &user)?;
                    Ok((more, requests))
                })
                .await?;
            requests = read;
            if !more {
                return Ok(requests);
            }
        }
    }
}

impl CodeRequests {
    /// Takes one step; false at the end.
    pub fn read_on(
        &mut self,
        connection: &mut AnyConnection,
        user: &UserRecord,
    ) -> Result<bool, StoreError> {
        let position = match connection {
            AnyConnection::Postgres(_) => "strpos",
            AnyConnection::Sqlite(_) => "instr",
        };
        let addresses = user.addresses();
        let [first, second] = [0, 1].map(|index| {
            let (_, address) = addresses.get(index).or(addresses.first())?;
            Some(format!("\"address\":{}", json!(address)))
        });
        let (Some(first), Some(second)) = (first, second) else {
            return Ok(false);
        };
        // Envelopes are kept as they were written, so what stands in them is found as text: the address, whole, and the
        // directory, because others can have the address in theirs.
        let source = json!(format!("/{}/{}/", user.provider, user.directory)).to_string();
        let source = format!("\"source\":{}", source.trim_end_matches('"'));
        let rows: Vec<Row> = diesel::sql_query(format!(
            "WITH step AS MATERIALIZED (SELECT id, \
               {position}(envelope, $1) > 0 AND ({position}(envelope, $2) > 0 OR {position}(envelope, $3) > 0) AS is_found \
               FROM outbox WHERE id > $4 AND event_type = '{}' ORDER BY id LIMIT {STEP}) \
             SELECT id, is_found FROM step WHERE is_found \
             UNION ALL SELECT max(id), (0 = 1) FROM step",
            EventType::OtpRequested.as_str()
        ))
        .bind::<Text, _>(source)
        .bind::<Text, _>(first)
        .bind::<Text, _>(second)
        .bind::<Text, _>(&self.after)
        .load(connection)?;
        let mut more = false;
        for row in rows {
            let Some(id) = row.id else { continue };
            if row.is_found {
                self.ids.push(id);
            } else {
                self.after = id;
                more = true;
            }
        }
        Ok(more)
    }

    /// Looks at what was written since.
    pub fn catch_up(
        &mut self,
        connection: &mut AnyConnection,
        user: &UserRecord,
    ) -> Result<(), StoreError> {
        while self.read_on(connection, user)? {}
        Ok(())
    }
}
