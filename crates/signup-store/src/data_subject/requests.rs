//! Requests for codes to a person's addresses, among all that the outbox still has.

use std::time::Duration;

use diesel::RunQueryDsl as _;
use diesel::sql_types::Text;
use serde_json::json;
use signup_core::event::EventType;
use uuid::Uuid;

use super::steps::{STEP, Steps};
use crate::connection::AnyConnection;
use crate::error::StoreError;
use crate::events::{first_id, time_of};
use crate::find_users::UserRecord;

/// So long after its id was made an event may still be written: its request waits for others, and clocks differ.
const WRITTEN_WITHIN: Duration = Duration::from_secs(15);

/// Looks at the next requests for codes.
pub(super) fn read_on(
    requests: &mut Steps,
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
    let rows = diesel::sql_query(format!(
        "WITH step AS MATERIALIZED (SELECT id, \
           {position}(envelope, $1) > 0 AND ({position}(envelope, $2) > 0 OR {position}(envelope, $3) > 0) AS is_found \
           FROM outbox WHERE id > $4 AND event_type = '{}' ORDER BY id LIMIT {STEP}) \
         SELECT id AS key, is_found FROM step WHERE is_found \
         UNION ALL SELECT max(id), (0 = 1) FROM step",
        EventType::OtpRequested.as_str()
    ))
    .bind::<Text, _>(source)
    .bind::<Text, _>(first)
    .bind::<Text, _>(second)
    .bind::<Text, _>(&requests.after)
    .load(connection)?;
    Ok(requests.take(rows))
}

/// Looks at what was written since reading began: what is new, and what came behind the place that was reached.
pub(super) fn catch_up(
    requests: &mut Steps,
    connection: &mut AnyConnection,
    user: &UserRecord,
) -> Result<(), StoreError> {
    if let Ok(last) = Uuid::parse_str(&requests.after) {
        let since = requests.began.elapsed() + WRITTEN_WITHIN;
        requests.after = first_id(time_of(last).before(since));
    }
    while read_on(requests, connection, user)? {}
    Ok(())
}
