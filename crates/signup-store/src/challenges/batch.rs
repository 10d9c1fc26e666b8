//! Many code requests at once, on PostgreSQL.

use diesel::PgConnection;
use diesel::prelude::*;
use signup_core::code::{Binding, Challenge};

use super::NewChallenge;
use crate::arrays::{Column, OverArrays, Statement, big_integers, integers, text};
use crate::outbox;

/// Looks each older code up by itself and joins nothing, so that statistics have no say in how it is found. The state is
/// asked for once more when the row is locked, in a form that does not fit the partial index: with few live codes it
/// would seem to be the shorter way, and would be kept when there are many.
struct Replace;

impl Statement for Replace {
    const SQL: &'static str = "\
UPDATE otp_challenges SET state = 'replaced' WHERE state || '' = 'live' AND id = ANY(ARRAY(
  SELECT (SELECT live.id FROM otp_challenges AS live
    WHERE live.provider = given.provider AND live.application_id = given.application
      AND live.purpose = given.purpose AND live.channel = given.channel AND live.address = given.address
      AND live.state = 'live')
  FROM unnest(?, ?, ?, ?, ?) AS given(provider, application, purpose, channel, address)))";
    type Row = ();
}

struct Insert;

impl Statement for Insert {
    const SQL: &'static str = "\
INSERT INTO otp_challenges (provider, application_id, purpose, channel, address, id, key_id, digits, created_at,
  expires_at, state, wrong_tries)
SELECT provider, application, purpose, channel, address, id, key_id, digits, created_at, expires_at, 'live', 0
FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS given(provider, application, purpose, channel, address, id, key_id,
  digits, created_at, expires_at)";
    type Row = ();
}

/// Takes the older codes' places.
pub(super) fn insert(connection: &mut PgConnection, admitted: &[&NewChallenge]) -> QueryResult<()> {
    if admitted.is_empty() {
        return Ok(());
    }
    let challenges: Vec<&Challenge> = admitted.iter().map(|new| &new.challenge).collect();
    OverArrays::<Replace>::new(bindings(&challenges)).execute(connection)?;
    let ids: Vec<String> = challenges.iter().map(|it| it.id.to_string()).collect();
    let mut columns = bindings(&challenges);
    columns.extend([
        text(ids.iter().map(String::as_str)),
        text(challenges.iter().map(|it| it.key_id.as_str())),
        integers(challenges.iter().map(|it| i32::from(it.digits))),
        big_integers(challenges.iter().map(|it| it.created_at.as_millis())),
        big_integers(challenges.iter().map(|it| it.expires_at.as_millis())),
    ]);
    OverArrays::<Insert>::new(columns).execute(connection)?;
    outbox::insert_all(
        connection,
        admitted.iter().map(|new| (&new.event, new.hold.as_ref())),
    )
}

fn bindings<'a>(challenges: &[&'a Challenge]) -> Vec<Column<'a>> {
    let part = |read: fn(&Binding) -> &str| text(challenges.iter().map(|it| read(&it.binding)));
    vec![
        part(|binding| &binding.provider),
        part(|binding| &binding.application),
        part(|binding| &binding.purpose),
        part(|binding| binding.channel.as_str()),
        part(|binding| &binding.address),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use diesel::connection::SimpleConnection as _;

    use super::*;
    use crate::arrays::{migrated, ways_to_rows};

    #[test]
    fn older_codes_are_looked_up_by_their_bindings_whatever_the_statistics_say() {
        let (_database, mut connection) = migrated();
        let few = "INSERT INTO otp_challenges SELECT i, 'acme', 'shop', 'sign_up', 'email', i, 'k1', 6, 'live', 0, 0, 0 \
            FROM generate_series(1, 20) AS i";
        for statistics in ["SELECT 1", "ANALYZE", few, "ANALYZE"] {
            connection.batch_execute(statistics).unwrap();
            let ways = ways_to_rows::<Replace>(&mut connection, &bindings(&[])).unwrap();
            assert_eq!(ways.len(), 2, "{ways:#?}");
            let by = |index: &str, condition: &str| {
                ways.iter().any(|(way, below)| {
                    way.contains(index)
                        && below.contains("Index Cond: ")
                        && below.contains(condition)
                })
            };
            assert!(
                by("otp_challenges_live", "address = given.address"),
                "{ways:#?}"
            );
            assert!(by("otp_challenges_pkey", "id = ANY"), "{ways:#?}");
        }
    }
}
