//! The limit: the same rows, written by pgbench on the same server, without a service in between.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::codes::SPREAD;
use crate::postgres::Database;
use crate::service::signupctl;
use crate::stand::Stand;

/// Transactions per second that are assumed before anything was measured.
const FIRST_GUESS: f64 = 8_000.0;

/// Codes are made for so many times the transactions that are expected. When they are used up, pgbench goes on without,
/// and the round fails.
const RESERVE: f64 = 3.0;

/// How the rows of one sign-up are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// As applications do it: BEGIN, four statements, COMMIT.
    FiveStatements,
    /// One statement with data-modifying CTEs, the least that one client at a time can do.
    SingleStatement,
}

/// How long the texts are that the service has written, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct RowSizes {
    envelope: u32,
    profile: u32,
}

impl RowSizes {
    /// Measures the rows of a service's database.
    ///
    /// # Errors
    /// Nobody has signed up there.
    pub fn of(database: &Database<'_>) -> anyhow::Result<Self> {
        let events = "FROM outbox WHERE event_type = 'signup.user.created.v1'";
        let envelope = database.number(&format!("SELECT avg(length(envelope)) {events}"))?;
        let profile = database.number("SELECT avg(length(profile)) FROM users")?;
        Ok(Self {
            envelope: envelope.round() as u32,
            profile: profile.round() as u32,
        })
    }
}

/// A database that pgbench writes to: the services' tables with all their indexes.
pub struct Pgbench<'a> {
    database: Database<'a>,
    script: PathBuf,
    logs: PathBuf,
    /// The number of each client's last code.
    used: u64,
    /// Transactions per second, the most that were seen.
    expected: f64,
}

impl<'a> Pgbench<'a> {
    /// Makes the database.
    ///
    /// # Errors
    /// The migrations fail.
    pub fn open(stand: &'a Stand, script: Script, sizes: RowSizes) -> anyhow::Result<Self> {
        let database = stand.new_database()?;
        signupctl(&stand.settings(&database.url()), &["migrate"])?;
        let path = stand.logs.join(format!("{}.sql", database.name));
        std::fs::write(&path, text(script, sizes))?;
        Ok(Self {
            database,
            script: path,
            logs: stand.logs.clone(),
            used: 0,
            expected: FIRST_GUESS,
        })
    }

    /// Runs for a moment and brings the tables' statistics up to date, as [`crate::portal::Portal::warm_up`] does.
    ///
    /// # Errors
    /// See [`Pgbench::run`].
    pub fn warm_up(&mut self) -> anyhow::Result<()> {
        self.run(32, 2.0)?;
        self.database.execute("VACUUM ANALYZE")
    }

    /// Runs with so many clients for so many seconds. Returns transactions per second, after checking that each one has
    /// used up a code and written a user.
    ///
    /// # Errors
    /// pgbench fails, or the counts do not agree.
    pub fn run(&mut self, clients: u64, seconds: f64) -> anyhow::Result<f64> {
        let per_client = (self.expected * seconds * RESERVE) as u64 / clients + 200;
        self.make_codes(clients, per_client)?;
        let before = self.database.count("users")?;
        let seconds = (seconds.round() as u64).max(1);
        let output = Command::new(self.database.cluster.program("pgbench"))
            .args(["-n", "-M", "prepared", "-j", "2"])
            .args(["-c", &clients.to_string(), "-T", &seconds.to_string()])
            .args(["-D", &format!("i={}", self.used)])
            .arg("-f")
            .arg(&self.script)
            .envs(self.database.environment())
            .current_dir(&self.logs)
            .output()?;
        self.used += per_client;
        let said = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            bail!(
                "pgbench: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        let (tps, transactions) = read(&said).with_context(|| format!("pgbench says {said}"))?;
        let written = self.database.count("users")? - before;
        let consumed = self
            .database
            .count("otp_challenges WHERE state = 'consumed'")?;
        let users = self.database.count("users")?;
        if written != transactions || consumed != users {
            bail!(
                "pgbench counts {transactions} transactions; {written} users were written, \
                 {consumed} codes used up for {users} users"
            );
        }
        self.expected = self.expected.max(tps);
        Ok(tps)
    }

    fn make_codes(&self, clients: u64, per_client: u64) -> anyhow::Result<()> {
        let (from, to) = (self.used + 1, self.used + per_client);
        self.database.execute(&format!(
            "INSERT INTO otp_challenges (id, provider, application_id, purpose, channel, address, key_id, digits, state, \
             wrong_tries, created_at, expires_at) \
             SELECT {id}, 'ciam', 'bench-phone', 'sign-up', 'sms', {phone}, 'bench', 6, 'live', 0, 1732440000000, \
             1732526400000 FROM generate_series({from}, {to}) i, generate_series(0, {clients} - 1) client",
            id = id('1', "i", "client"),
            phone = phone("i", "client"),
        ))?;
        self.database.checkpoint()
    }
}

/// A text like a UUIDv7: 36 characters that begin alike and grow with time, whichever client makes them.
fn id(kind: char, i: &str, client: &str) -> String {
    format!(
        "'01935f9e-8c7a-7000-{kind}' || lpad({i}::text, 11, '0') || lpad({client}::text, 5, '0')"
    )
}

/// A phone number anywhere among all that there are, as [`crate::codes::phone_number`] makes them.
fn phone(i: &str, client: &str) -> String {
    format!(
        "'+86136' || lpad((({client}::bigint * 1000000 + {i}::bigint) * {SPREAD} % 100000000)::text, 8, '0')"
    )
}

/// pgbench's script.
fn text(script: Script, sizes: RowSizes) -> String {
    let (i, client) = (":i", ":client_id");
    let (code, user, request, event) = (
        id('1', i, client),
        id('2', i, client),
        id('3', i, client),
        id('4', i, client),
    );
    let phone = phone(i, client);
    let public_id = format!("md5({user})");
    let RowSizes { envelope, profile } = sizes;
    let consume = format!(
        "UPDATE otp_challenges SET state = 'consumed', consumed_by = {user} \
         WHERE id = {code} AND state = 'live' AND wrong_tries < 5"
    );
    let users = "INSERT INTO users (id, provider, public_id, directory_id, application_id, password_hash, profile, \
                 request_id, created_at)";
    let user_row = format!(
        "{user}, 'ciam', {public_id}, 'bench', 'bench-phone', NULL, repeat('x', {profile}), {request}, 1732440000000"
    );
    let identifiers =
        "INSERT INTO identifiers (provider, directory_id, kind, key, display, verified, user_id)";
    let identifier_row = format!("'ciam', 'bench', 'phone', {phone}, {phone}, true, {user}");
    let outbox = "INSERT INTO outbox (id, event_type, subject, routing_key, envelope, time, attempts, available_at)";
    let event_row = format!(
        "{event}, 'signup.user.created.v1', {public_id}, 'user.created.ciam', repeat('x', {envelope}), \
         1732440000000, 0, 1732440000000"
    );
    match script {
        Script::FiveStatements => format!(
            "\\set i :i + 1\nBEGIN;\n{consume};\n{users} VALUES ({user_row});\n{identifiers} VALUES ({identifier_row});\n\
             {outbox} VALUES ({event_row});\nCOMMIT;\n"
        ),
        Script::SingleStatement => format!(
            "\\set i :i + 1\nWITH c AS ({consume} RETURNING id), u AS ({users} SELECT {user_row} FROM c RETURNING id), \
             k AS ({identifiers} SELECT {identifier_row} FROM u) {outbox} SELECT {event_row} FROM u;\n"
        ),
    }
}

/// Transactions per second and in all, out of what pgbench prints.
fn read(said: &str) -> Option<(f64, u64)> {
    let after = |start: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(start));
        line.and_then(|rest| rest.split_whitespace().next())
    };
    let transactions = after("number of transactions actually processed: ")?;
    Some((after("tps = ")?.parse().ok()?, transactions.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_what_pgbench_prints() {
        let said = "transaction type: five.sql\nnumber of clients: 32\n\
                    number of transactions actually processed: 70123\nlatency average = 4.5 ms\n\
                    tps = 7012.5 (without initial connection time)\n";
        assert_eq!(read(said), Some((7012.5, 70_123)));
        assert_eq!(read("pgbench: error"), None);
    }

    #[test]
    fn the_five_statements_are_a_transaction_and_the_single_one_is_none() {
        let sizes = RowSizes {
            envelope: 600,
            profile: 30,
        };
        let five = text(Script::FiveStatements, sizes);
        assert_eq!(five.matches(";\n").count(), 6, "{five}");
        let single = text(Script::SingleStatement, sizes);
        assert_eq!(single.matches(';').count(), 1, "{single}");
        for script in [five, single] {
            for table in ["otp_challenges", "users", "identifiers", "outbox"] {
                assert!(script.contains(table), "{table}");
            }
        }
    }
}
