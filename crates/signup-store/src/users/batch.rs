//! Many sign-ups in one statement, on PostgreSQL.
//!
//! It decides first and writes then: codes and idempotency keys are locked, so that what was decided about them holds;
//! identifiers are looked up, and their constraint catches what another process takes at the same moment. Then the whole
//! statement is refused, and each sign-up is written alone.
//!
//! Rows are looked up by sub-selects and arrays and never joined, and no condition fits a partial index. So there is one
//! way only to do it: through the primary keys, row by row, whatever the tables' statistics say.

use std::collections::HashMap;
use std::iter;

use diesel::sql_types::{Integer, Text};
use diesel::{PgConnection, RunQueryDsl as _};
use serde_json::Value;
use signup_core::code::MAX_WRONG_TRIES;
use signup_core::identifier::IdentifierKind;
use signup_core::sign_up::{SignUpOutcome, SignUpRecord};
use uuid::Uuid;

use crate::arrays::{Column, OverArrays, Statement, big_integers, integers, text};
use crate::error::StoreError;
use crate::idempotency;
use crate::outbox;

/// What `reason` says of a sign-up that is refused, the first first.
const CODE: &str = "code";
const IDENTIFIER: &str = "identifier";
const CLAIM: &str = "claim";

/// Answers one row for each reason to refuse a sign-up, the one at `place`; none for those that were written.
struct SignUps;

impl Statement for SignUps {
    const SQL: &'static str = "\
WITH codes AS MATERIALIZED (SELECT * FROM unnest(?, ?, ?) AS given(place, id, user_id)),
  claims AS MATERIALIZED (SELECT * FROM unnest(?, ?, ?, ?, ?, ?)
    AS given(place, provider, application, key, token, reply)),
  names AS MATERIALIZED (SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?)
    AS given(place, provider, directory, kind, key, display, verified, user_id)),
  held AS MATERIALIZED (SELECT place, token,
      (SELECT mine.ctid FROM idempotency_keys AS mine
        WHERE mine.provider = claims.provider AND mine.application_id = claims.application
          AND mine.key = claims.key AND mine.token = claims.token AND mine.reply IS NULL FOR UPDATE) AS row
    FROM claims),
  refused AS MATERIALIZED (
    SELECT place, 'code' AS reason, id AS detail FROM codes
    WHERE (SELECT CASE WHEN code.state = 'live' AND code.wrong_tries < 5 THEN code.id END
        FROM otp_challenges AS code WHERE code.id = codes.id FOR UPDATE) IS NULL
    UNION ALL
    SELECT place, 'identifier', kind FROM names
    WHERE (SELECT taken.kind FROM identifiers AS taken
        WHERE taken.provider = names.provider AND taken.directory_id = names.directory
          AND taken.kind = names.kind AND taken.key = names.key) IS NOT NULL
    UNION ALL
    SELECT place, 'claim', '' FROM held WHERE row IS NULL),
  used AS (
    UPDATE otp_challenges AS used SET state = 'consumed',
      consumed_by = (ARRAY(SELECT user_id FROM codes))[array_position(ARRAY(SELECT id FROM codes), used.id)]
    WHERE used.id = ANY(ARRAY(
      SELECT id FROM codes WHERE place <> ALL(ARRAY(SELECT place FROM refused))))),
  made AS (
    INSERT INTO users (id, provider, public_id, directory_id, application_id, password_hash, profile, request_id,
      created_at)
    SELECT id, provider, public_id, directory, application, password_hash, profile, request, created_at
    FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS given(place, id, provider, public_id, directory, application,
      password_hash, profile, request, created_at)
    WHERE place <> ALL(ARRAY(SELECT place FROM refused))),
  named AS (
    INSERT INTO identifiers (provider, directory_id, kind, key, display, verified, user_id)
    SELECT provider, directory, kind, key, display, verified, user_id FROM names
    WHERE place <> ALL(ARRAY(SELECT place FROM refused))),
  announced AS (
    INSERT INTO outbox (id, event_type, subject, routing_key, envelope, time, available_at, leased_by, attempts)
    SELECT id, event_type, subject, routing_key, envelope, time, available_at, leased_by,
      (leased_by IS NOT NULL)::integer
    FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?) AS given(place, id, event_type, subject, routing_key, envelope, time,
      available_at, leased_by)
    WHERE place <> ALL(ARRAY(SELECT place FROM refused))),
  answered AS (
    UPDATE idempotency_keys AS mine SET reply =
      (ARRAY(SELECT reply FROM claims))[array_position(ARRAY(SELECT token FROM claims), mine.token)]
    WHERE mine.ctid = ANY(ARRAY(
      SELECT row FROM held WHERE place <> ALL(ARRAY(SELECT place FROM refused)))))
SELECT place, reason, detail FROM refused";
    type Row = (Integer, Text, Text);
}

const _: () = assert!(MAX_WRONG_TRIES == 5, "the statement says so too");

/// Writes those that can be written.
///
/// # Errors
/// The database is unavailable; or it refused the statement, because of one of them or of what another process wrote at
/// the same moment. Then none is written.
pub(super) fn write(
    connection: &mut PgConnection,
    records: &[SignUpRecord],
) -> Result<Vec<SignUpOutcome>, StoreError> {
    let texts = records
        .iter()
        .map(Texts::of)
        .collect::<Result<Vec<_>, _>>()?;
    let statement = OverArrays::<SignUps>::new(columns(records, &texts));
    let refusals: Vec<(i32, String, String)> = statement.load(connection)?;
    let mut refused = HashMap::<i32, Vec<(String, String)>>::new();
    for (place, reason, detail) in refusals {
        refused.entry(place).or_default().push((reason, detail));
    }
    places(records)
        .map(|(place, record)| match refused.remove(&place) {
            None => Ok(SignUpOutcome::Created),
            Some(reasons) => outcome(record, &reasons),
        })
        .collect()
}

/// The parts of a record that are texts in the database only.
struct Texts {
    user_id: String,
    profile: String,
    codes: Vec<String>,
    events: Vec<String>,
    /// The claim's token, and the reply that is kept for it.
    claim: Option<(String, String)>,
}

impl Texts {
    fn of(record: &SignUpRecord) -> Result<Self, StoreError> {
        let claim = match &record.claim {
            Some((claim, reply)) => Some((claim.token.to_string(), idempotency::text(reply)?)),
            None => None,
        };
        Ok(Self {
            user_id: record.user.id.to_string(),
            profile: Value::Object(record.user.profile.clone()).to_string(),
            codes: record.consumed.iter().map(Uuid::to_string).collect(),
            events: record
                .events
                .iter()
                .map(|event| event.id.to_string())
                .collect(),
            claim,
        })
    }
}

fn places<T>(rows: &[T]) -> impl Iterator<Item = (i32, &T)> {
    (0..).zip(rows)
}

/// The arrays of [`SignUps`]. Whatever is locked is locked in one order by everybody, so that two processes cannot block
/// one another: codes by their ids, identifiers by their keys.
fn columns<'a>(records: &'a [SignUpRecord], texts: &'a [Texts]) -> Vec<Column<'a>> {
    let rows = || places(records).zip(texts);

    let mut codes: Vec<(&str, i32, &str)> = Vec::new();
    let mut names = Vec::new();
    for ((place, record), texts) in rows() {
        let user = texts.user_id.as_str();
        codes.extend(texts.codes.iter().map(|id| (id.as_str(), place, user)));
        for taken in &record.user.identifiers {
            let kind = taken.identifier.kind().as_str();
            let row = (
                &record.user.provider,
                &record.user.directory,
                kind,
                taken.identifier.key(),
            );
            names.push((row, place, taken, user));
        }
    }
    codes.sort_unstable_by_key(|(id, ..)| *id);
    names.sort_unstable_by_key(|(row, ..)| *row);
    let claims: Vec<_> = rows()
        .filter_map(|((place, record), texts)| {
            let ((claim, _), (token, reply)) = record.claim.as_ref().zip(texts.claim.as_ref())?;
            Some((place, claim, token, reply))
        })
        .collect();
    let events: Vec<_> = rows()
        .flat_map(|((place, record), texts)| {
            let holds = iter::once(record.hold.as_ref()).chain(iter::repeat(None));
            let events = record.events.iter().zip(&texts.events).zip(holds);
            events.map(move |((event, id), hold)| (place, (id.as_str(), event, hold)))
        })
        .collect();

    let mut columns = vec![
        integers(codes.iter().map(|(_, place, _)| *place)),
        text(codes.iter().map(|(id, ..)| *id)),
        text(codes.iter().map(|(.., user)| *user)),
        integers(claims.iter().map(|(place, ..)| *place)),
        text(claims.iter().map(|(_, claim, ..)| claim.provider.as_str())),
        text(
            claims
                .iter()
                .map(|(_, claim, ..)| claim.application.as_str()),
        ),
        text(claims.iter().map(|(_, claim, ..)| claim.key.as_str())),
        text(claims.iter().map(|(_, _, token, _)| token.as_str())),
        text(claims.iter().map(|(.., reply)| reply.as_str())),
        integers(names.iter().map(|(_, place, ..)| *place)),
        text(names.iter().map(|((provider, ..), ..)| provider.as_str())),
        text(
            names
                .iter()
                .map(|((_, directory, ..), ..)| directory.as_str()),
        ),
        text(names.iter().map(|((_, _, kind, _), ..)| *kind)),
        text(names.iter().map(|((.., key), ..)| *key)),
        text(
            names
                .iter()
                .map(|(_, _, taken, _)| taken.identifier.display()),
        ),
        Column::Bools(
            names
                .iter()
                .map(|(_, _, taken, _)| taken.verified)
                .collect(),
        ),
        text(names.iter().map(|(.., user)| *user)),
        integers(rows().map(|((place, _), _)| place)),
        text(texts.iter().map(|texts| texts.user_id.as_str())),
        text(records.iter().map(|record| record.user.provider.as_str())),
        text(records.iter().map(|record| record.user.public_id.as_str())),
        text(records.iter().map(|record| record.user.directory.as_str())),
        text(
            records
                .iter()
                .map(|record| record.user.application.as_str()),
        ),
        Column::OptionalTexts(
            records
                .iter()
                .map(|record| record.user.password_hash.as_ref().map(|hash| hash.as_str()))
                .collect(),
        ),
        text(texts.iter().map(|texts| texts.profile.as_str())),
        text(records.iter().map(|record| record.request_id.as_str())),
        big_integers(
            records
                .iter()
                .map(|record| record.user.created_at.as_millis()),
        ),
        integers(events.iter().map(|(place, _)| *place)),
    ];
    columns.extend(outbox::columns(events.iter().map(|(_, event)| *event)));
    columns
}

/// The first of the reasons in the order in which a sign-up alone would meet them: codes first, because only who holds
/// the code may learn that an identifier is taken.
fn outcome(
    record: &SignUpRecord,
    reasons: &[(String, String)],
) -> Result<SignUpOutcome, StoreError> {
    let has = |wanted: &str, detail: &str| {
        let mut reasons = reasons.iter();
        reasons.any(|(reason, given)| reason == wanted && given == detail)
    };
    let mut codes = record.consumed.iter();
    if let Some(&code) = codes.find(|code| has(CODE, &code.to_string())) {
        return Ok(SignUpOutcome::CodeSpent(code));
    }
    let mut kinds: Vec<IdentifierKind> = record
        .user
        .identifiers
        .iter()
        .map(|taken| taken.identifier.kind())
        .collect();
    kinds.sort();
    if let Some(&kind) = kinds.iter().find(|kind| has(IDENTIFIER, kind.as_str())) {
        return Ok(SignUpOutcome::Taken(kind));
    }
    if has(CLAIM, "") {
        return Ok(SignUpOutcome::ClaimLost);
    }
    Err(StoreError::unreadable(
        "the answer about a batch of sign-ups",
        "it names a reason that nobody gave",
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use diesel::connection::SimpleConnection as _;

    use super::*;
    use crate::arrays::{migrated, ways_to_rows};

    /// A plan that was made when the tables were empty stays when they are full. One that reads a whole index then, or
    /// a whole table, would be slower with each sign-up.
    #[test]
    fn every_row_is_looked_up_by_its_key_whatever_the_statistics_say() {
        let (_database, mut connection) = migrated();
        let few = "INSERT INTO otp_challenges SELECT i, 'acme', 'shop', 'sign_up', 'email', i, 'k1', 6, 'consumed', 0, 0, 0 \
            FROM generate_series(1, 20) AS i";
        for statistics in ["SELECT 1", "ANALYZE", few, "ANALYZE"] {
            connection.batch_execute(statistics).unwrap();
            let ways = ways_to_rows::<SignUps>(&mut connection, &columns(&[], &[])).unwrap();
            assert_eq!(ways.len(), 5, "{ways:#?}");
            for (way, condition) in &ways {
                let by_key = way.contains("_pkey") && condition.contains("Index Cond: ");
                let by_place = way.starts_with("Tid Scan") && condition.contains("TID Cond: ");
                assert!(by_key || by_place, "{ways:#?}");
            }
        }
    }
}
