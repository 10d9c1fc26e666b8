//! What the database holds in the end.

use std::collections::BTreeMap;

use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, sql_query};

/// A user and an identifier of theirs.
#[derive(Clone, Debug, QueryableByName)]
pub struct User {
    /// Provider.
    #[diesel(sql_type = Text)]
    pub provider: String,
    /// The id that callers know.
    #[diesel(sql_type = Text)]
    pub public_id: String,
    /// The application.
    #[diesel(sql_type = Text)]
    pub application_id: String,
    /// `username` or `email`.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The identifier as it was sent.
    #[diesel(sql_type = Text)]
    pub display: String,
}

/// An event in the outbox.
#[derive(Clone, Debug, QueryableByName)]
pub struct Event {
    /// Its place.
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    /// Its id.
    #[diesel(sql_type = Text)]
    pub id: String,
    /// Its type.
    #[diesel(sql_type = Text)]
    pub event_type: String,
    /// The user's or the challenge's id.
    #[diesel(sql_type = Text)]
    pub subject: String,
    /// The envelope.
    #[diesel(sql_type = Text)]
    pub envelope: String,
    /// When it happened, milliseconds since 1970.
    #[diesel(sql_type = BigInt)]
    pub time: i64,
    /// When it was marked as published.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub published_at: Option<i64>,
}

/// A code that was asked for.
#[derive(Clone, Debug, QueryableByName)]
pub struct Challenge {
    /// Its id.
    #[diesel(sql_type = Text)]
    pub id: String,
    /// Whose application it is for.
    #[diesel(sql_type = Text)]
    pub provider: String,
    /// Where it goes.
    #[diesel(sql_type = Text)]
    pub address: String,
    /// When it was asked for, milliseconds since 1970.
    #[diesel(sql_type = BigInt)]
    pub created_at: i64,
    /// When it ends.
    #[diesel(sql_type = BigInt)]
    pub expires_at: i64,
}

/// What the worker recorded of an event.
#[derive(Clone, Debug, QueryableByName)]
pub struct Delivery {
    /// The event.
    #[diesel(sql_type = Text)]
    pub event_id: String,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// How often it was tried.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Users with their identifiers.
    pub users: Vec<User>,
    /// Events in their order.
    pub events: Vec<Event>,
    /// Challenges by id.
    pub challenges: BTreeMap<String, Challenge>,
    /// Deliveries by event.
    pub deliveries: BTreeMap<String, Delivery>,
}

/// The type of events about new users.
pub const USER_CREATED: &str = "signup.user.created.v1";

/// The type of events about codes.
pub const OTP_REQUESTED: &str = "signup.otp.requested.v1";

/// Reads everything.
///
/// # Errors
/// The database does not answer.
pub fn read(url: &str) -> anyhow::Result<Tables> {
    let mut database = PgConnection::establish(url)?;
    let users = sql_query(
        "SELECT u.provider, u.public_id, u.application_id, \
                COALESCE(i.kind, '') AS kind, COALESCE(i.display, '') AS display \
         FROM users u LEFT JOIN identifiers i ON i.user_id = u.id",
    )
    .load(&mut database)?;
    let events = sql_query(
        "SELECT sequence, id, event_type, subject, envelope, time, published_at FROM outbox ORDER BY sequence",
    )
    .load(&mut database)?;
    let challenges: Vec<Challenge> =
        sql_query("SELECT id, provider, address, created_at, expires_at FROM otp_challenges")
            .load(&mut database)?;
    let deliveries: Vec<Delivery> =
        sql_query("SELECT event_id, state, attempts FROM deliveries").load(&mut database)?;
    Ok(Tables {
        users,
        events,
        challenges: challenges
            .into_iter()
            .map(|row| (row.id.clone(), row))
            .collect(),
        deliveries: deliveries
            .into_iter()
            .map(|row| (row.event_id.clone(), row))
            .collect(),
    })
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many events wait to be published.
///
/// # Errors
/// The database does not answer.
pub fn count_waiting(url: &str) -> anyhow::Result<i64> {
    count(
        url,
        "SELECT count(*) AS count FROM outbox WHERE published_at IS NULL",
    )
}

/// How many events wait that happened before a moment, in milliseconds since 1970.
///
/// # Errors
/// The database does not answer.
pub fn count_waiting_since(url: &str, before: i64) -> anyhow::Result<i64> {
    let waiting = "SELECT count(*) AS count FROM outbox WHERE published_at IS NULL";
    count(url, &format!("{waiting} AND time < {before}"))
}

/// How many codes the worker has not come to an end with.
///
/// # Errors
/// The database does not answer.
pub fn count_undelivered(url: &str) -> anyhow::Result<i64> {
    count(
        url,
        "SELECT count(*) AS count FROM outbox o LEFT JOIN deliveries d ON d.event_id = o.id \
         WHERE o.event_type = 'signup.otp.requested.v1' \
           AND (d.state IS NULL OR d.state NOT IN ('delivered', 'dropped', 'unknown'))",
    )
}

/// How many users there are.
///
/// # Errors
/// The database does not answer.
pub fn count_users(url: &str) -> anyhow::Result<i64> {
    count(url, "SELECT count(*) AS count FROM users")
}

fn count(url: &str, statement: &str) -> anyhow::Result<i64> {
    let mut database = PgConnection::establish(url)?;
    let found: Count = sql_query(statement).get_result(&mut database)?;
    Ok(found.count)
}
