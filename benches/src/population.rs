//! People who signed up long ago, in bulk.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::bail;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};

use crate::codes::SPREAD;
use crate::postgres::Database;

/// The tables that people stay in. Their codes and events do not: the service removes them after a while.
const TABLES: &str = "('users'::regclass, 'identifiers'::regclass)";

/// For building indexes; of no effect on anything that stays.
const MEMORY: &str = "SET maintenance_work_mem = '512MB'";

/// Writes a user and an identifier for each of these numbers of people. Whatever is not theirs alone is taken from the
/// users who are there. Indexes and constraints are made anew behind the rows, as they were, because that is faster; then
/// the tables are vacuumed and analysed, as those of an old installation are. Returns how long all that took.
///
/// # Errors
/// Nobody has signed up here yet, or the disk is full.
pub fn move_in(database: &Database<'_>, people: Range<u64>) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let count = people.end - people.start;
    let before = (
        database.count("users")?,
        database.count("identifiers")?,
        definitions(database)?,
    );
    let (drop, create): (Vec<_>, Vec<_>) = before
        .2
        .iter()
        .map(|one| (one.removal.as_str(), one.creation.as_str()))
        .unzip();
    let reversed: Vec<_> = drop.into_iter().rev().collect();
    database.execute(&reversed.join(";"))?;
    database.execute(&users(&people))?;
    database.execute(&identifiers(&people))?;
    database.execute(&format!("{MEMORY};{}", create.join(";")))?;
    database.execute("VACUUM ANALYZE")?;
    database.checkpoint()?;
    let after = (
        database.count("users")?,
        database.count("identifiers")?,
        definitions(database)?,
    );
    if after != (before.0 + count, before.1 + count, before.2) {
        bail!("{count} people did not move in as they should: {after:?}");
    }
    Ok(start.elapsed())
}

/// An index or a constraint.
#[derive(Debug, PartialEq, QueryableByName)]
struct Definition {
    #[diesel(sql_type = Text)]
    creation: String,
    #[diesel(sql_type = Text)]
    removal: String,
}

/// Indexes and constraints of the tables, in an order in which they can be created: keys, then what refers to them.
fn definitions(database: &Database<'_>) -> anyhow::Result<Vec<Definition>> {
    let query = format!(
        "SELECT creation, removal FROM (
           SELECT contype = 'f' AS refers, conname::text AS name,
             format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
               AS creation,
             format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS removal
           FROM pg_constraint
           WHERE contype IN ('p', 'u', 'f') AND (conrelid IN {TABLES} OR confrelid IN {TABLES})
           UNION ALL
           SELECT false, indexrelid::regclass::text, pg_get_indexdef(indexrelid),
             format('DROP INDEX %s', indexrelid::regclass)
           FROM pg_index AS index
           WHERE indrelid IN {TABLES}
             AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.indexrelid AND contype IN ('p', 'u'))
         ) AS found ORDER BY refers, name"
    );
    Ok(sql_query(query).load(&mut database.connect()?)?)
}

fn users(people: &Range<u64>) -> String {
    format!(
        "INSERT INTO users (id, provider, public_id, directory_id, application_id, password_hash, profile, request_id, \
         created_at) \
         SELECT {id}, one.provider, md5('public' || i), one.directory_id, one.application_id, one.password_hash, \
         one.profile, {request}, {time} \
         FROM generate_series({first}, {last}) AS i, (SELECT * FROM users LIMIT 1) AS one",
        id = id("user"),
        request = id("request"),
        time = time(),
        first = people.start,
        last = people.end - 1,
    )
}

fn identifiers(people: &Range<u64>) -> String {
    format!(
        "INSERT INTO identifiers (provider, directory_id, kind, key, display, verified, user_id) \
         SELECT one.provider, one.directory_id, one.kind, {phone}, {phone}, one.verified, {id} \
         FROM generate_series({first}, {last}) AS i, (SELECT * FROM identifiers LIMIT 1) AS one",
        // As crate::codes::phone_number makes them.
        phone = format_args!("'+86136' || lpad((i::bigint * {SPREAD} % 100000000)::text, 8, '0')"),
        id = id("user"),
        first = people.start,
        last = people.end - 1,
    )
}

/// A user a second, since September 2020.
fn time() -> String {
    "(1600000000000 + i::bigint * 1000)".to_owned()
}

/// A UUIDv7 of that time.
fn id(what: &str) -> String {
    let time = format!("lpad(to_hex({}), 12, '0')", time());
    let random = format!("md5('{what}' || i)");
    format!(
        "substr({time}, 1, 8) || '-' || substr({time}, 9, 4) || '-7' || substr({random}, 1, 3) || '-8' || \
         substr({random}, 4, 3) || '-' || substr({random}, 7, 12)"
    )
}
