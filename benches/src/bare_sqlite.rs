//! The limit on SQLite: the rows of a sign-up, each in a transaction of its own, by one connection and without a service.
//! SQLite lets only one write at a time, so more connections would only wait for each other.

use std::time::{Duration, Instant};

use anyhow::bail;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use uuid::Uuid;

use crate::codes::SPREAD;
use crate::embedded::SqliteFile;
use crate::service::signupctl;
use crate::stand::Stand;

/// Transactions per second that are assumed before anything was measured.
const FIRST_GUESS: f64 = 4_000.0;

/// Codes are made for so many times the transactions that are expected.
const RESERVE: f64 = 3.0;

diesel::table! {
    users (id) {
        id -> Text, provider -> Text, public_id -> Text, directory_id -> Text, application_id -> Text,
        profile -> Text, request_id -> Text, created_at -> BigInt,
    }
}
diesel::table! {
    identifiers (provider, directory_id, kind, key) {
        provider -> Text, directory_id -> Text, kind -> Text, key -> Text, display -> Text, verified -> Bool,
        user_id -> Text,
    }
}
diesel::table! {
    otp_challenges (id) {
        id -> Text, state -> Text, wrong_tries -> Integer, consumed_by -> Nullable<Text>,
    }
}
diesel::table! {
    outbox (sequence) {
        sequence -> BigInt, id -> Text, event_type -> Text, subject -> Text, routing_key -> Text, envelope -> Text,
        time -> BigInt, available_at -> BigInt,
    }
}

/// A file with the services' tables and all their indexes.
pub struct BareSqlite {
    file: SqliteFile,
    connection: SqliteConnection,
    envelope: String,
    profile: String,
    /// How many codes were used up.
    used: u64,
    /// How many there are.
    made: u64,
    expected: f64,
}

/// A moment, in milliseconds since the Unix epoch.
const NOW: i64 = 1_732_440_000_000;

impl BareSqlite {
    /// Makes the tables. Texts become as long as those that the service has written to the other file.
    ///
    /// # Errors
    /// The migrations fail, or nobody has signed up there.
    pub fn open(stand: &Stand, like: &SqliteFile) -> anyhow::Result<Self> {
        let file = SqliteFile::new()?;
        signupctl(&stand.settings(&file.url()), &["migrate"])?;
        let text = |query: &str| {
            let length = like.number(query)?;
            anyhow::Ok("x".repeat(usize::try_from(length)?))
        };
        Ok(Self {
            connection: file.connect()?,
            file,
            envelope: text("SELECT round(avg(length(envelope))) FROM outbox")?,
            profile: text("SELECT round(avg(length(profile))) FROM users")?,
            used: 0,
            made: 0,
            expected: FIRST_GUESS,
        })
    }

    /// Signs people up for so long. Returns transactions per second, after checking that each one has written a user.
    ///
    /// # Errors
    /// SQLite refuses a row, or the codes were used up.
    pub fn run(&mut self, seconds: f64) -> anyhow::Result<f64> {
        self.make_codes((self.expected * seconds * RESERVE) as u64)?;
        let (start, before) = (Instant::now(), self.used);
        let end = Duration::from_secs_f64(seconds);
        while start.elapsed() < end {
            if self.used == self.made {
                bail!("the codes were used up before the round was over");
            }
            self.sign_up(self.used)?;
            self.used += 1;
        }
        let rate = (self.used - before) as f64 / start.elapsed().as_secs_f64();
        self.expected = self.expected.max(rate);
        let users = self.file.number("SELECT count(*) FROM users")?;
        if u64::try_from(users)? != self.used {
            bail!("{} transactions have written {users} users", self.used);
        }
        Ok(rate)
    }

    /// Statements and their order are the service's; they are prepared once.
    fn sign_up(&mut self, number: u64) -> anyhow::Result<()> {
        let [user, request, event] = [(); 3].map(|()| Uuid::now_v7().to_string());
        let public_id = Uuid::new_v4().simple().to_string();
        let (profile, envelope) = (&self.profile, &self.envelope);
        self.connection.immediate_transaction(|connection| {
            let live = otp_challenges::table
                .find(id(number))
                .filter(otp_challenges::state.eq("live"))
                .filter(otp_challenges::wrong_tries.lt(5));
            let used = diesel::update(live)
                .set((
                    otp_challenges::state.eq("consumed"),
                    otp_challenges::consumed_by.eq(&user),
                ))
                .execute(connection)?;
            if used != 1 {
                bail!("a code is missing");
            }
            diesel::insert_into(users::table)
                .values((
                    users::id.eq(&user),
                    users::provider.eq("ciam"),
                    users::public_id.eq(&public_id),
                    users::directory_id.eq("bench"),
                    users::application_id.eq("bench-phone"),
                    users::profile.eq(profile),
                    users::request_id.eq(&request),
                    users::created_at.eq(NOW),
                ))
                .execute(connection)?;
            diesel::insert_into(identifiers::table)
                .values((
                    identifiers::provider.eq("ciam"),
                    identifiers::directory_id.eq("bench"),
                    identifiers::kind.eq("phone"),
                    identifiers::key.eq(phone(number)),
                    identifiers::display.eq(phone(number)),
                    identifiers::verified.eq(true),
                    identifiers::user_id.eq(&user),
                ))
                .execute(connection)?;
            diesel::insert_into(outbox::table)
                .values((
                    outbox::id.eq(&event),
                    outbox::event_type.eq("signup.user.created.v1"),
                    outbox::subject.eq(&public_id),
                    outbox::routing_key.eq("user.created.ciam"),
                    outbox::envelope.eq(envelope),
                    outbox::time.eq(NOW),
                    outbox::available_at.eq(NOW),
                ))
                .execute(connection)?;
            Ok(())
        })
    }

    fn make_codes(&mut self, count: u64) -> anyhow::Result<()> {
        let (first, last) = (self.made, self.made + count);
        self.connection.batch_execute(&format!(
            "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {last}) \
             INSERT INTO otp_challenges (id, provider, application_id, purpose, channel, address, key_id, digits, state, \
             wrong_tries, created_at, expires_at) \
             SELECT '01935f9e-8c7a-7000-1' || printf('%016d', i), 'ciam', 'bench-phone', 'sign-up', 'sms', \
             '+86136' || printf('%08d', i * {SPREAD} % 100000000), 'bench', 6, 'live', 0, {NOW}, {NOW} + 86400000 FROM n; \
             PRAGMA wal_checkpoint(TRUNCATE)"
        ))?;
        self.made = last;
        Ok(())
    }
}

/// A text like a UUIDv7.
fn id(number: u64) -> String {
    format!("01935f9e-8c7a-7000-1{number:016}")
}

fn phone(number: u64) -> String {
    format!("+86{}", crate::codes::phone_number(number))
}
