//! CIAM's service on SQLite, at which people sign up by phone number and code.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use tempfile::TempDir;

use crate::codes;
use crate::load::{Load, Order, Outcome, Shape};
use crate::portal::{PROGRAM, Rush};
use crate::requests::basic;
use crate::service::{Service, Settings};
use crate::stand::{Stand, declare};

/// Sign-ups per second that are assumed before anything was measured.
const FIRST_GUESS: f64 = 8_000.0;

/// Codes are made for so many times the sign-ups that are expected.
const RESERVE: f64 = 2.0;

/// Rows that one statement inserts.
const ROWS: usize = 500;

/// What connections of the service set, in the same words.
const PRAGMAS: &str = "PRAGMA busy_timeout = 3000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                       PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; \
                       PRAGMA wal_autocheckpoint = 4096";

/// A SQLite file with the services' tables. It is removed with this value.
pub struct SqliteFile {
    folder: TempDir,
}

/// A number that a query calls `value`.
#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

impl SqliteFile {
    /// Makes a place for one, on the file system on which all data of the benchmark lies.
    ///
    /// # Errors
    /// The disk is full.
    pub fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("signup-bench.").tempdir()?;
        Ok(Self { folder })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("signup.db")
    }

    /// As the services' settings take it.
    pub fn url(&self) -> String {
        format!("sqlite://{}", self.path().display())
    }

    /// A connection that is as durable as the service's.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn connect(&self) -> anyhow::Result<SqliteConnection> {
        let mut connection = SqliteConnection::establish(&self.path().display().to_string())?;
        connection.batch_execute(PRAGMAS)?;
        Ok(connection)
    }

    /// The whole number that an SQL expression stands for.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn number(&self, expression: &str) -> anyhow::Result<i64> {
        let query = format!("SELECT CAST(({expression}) AS INTEGER) AS value");
        let row: Number = sql_query(&query)
            .get_result(&mut self.connect()?)
            .context(query)?;
        Ok(row.value)
    }
}

/// The service and its file.
pub struct Embedded<'a> {
    stand: &'a Stand,
    /// Its database.
    pub file: SqliteFile,
    service: Service,
    authorization: String,
    /// Sign-ups per second, the most that were seen.
    expected: f64,
}

impl<'a> Embedded<'a> {
    /// Declares the application, and starts the service.
    ///
    /// # Errors
    /// One of them fails.
    pub fn open(stand: &'a Stand) -> anyhow::Result<Self> {
        let file = SqliteFile::new()?;
        let mut settings: Settings = stand.settings(&file.url());
        // Events wait in the outbox, as on PostgreSQL: the limit has nobody who takes them out either.
        settings.insert("bus.local_messages".to_owned(), "off".to_owned());
        let secrets = declare(&settings, "ciam")?;
        let secret = secrets
            .get(codes::APPLICATION)
            .context("the application has no secret")?;
        Ok(Self {
            stand,
            service: Service::start(PROGRAM, &settings, &stand.logs)?,
            file,
            authorization: basic(codes::APPLICATION, secret),
            expected: FIRST_GUESS,
        })
    }

    /// Lets people sign up, and checks that whoever was accepted is in the database, with an event, and nobody else.
    ///
    /// # Errors
    /// A reply was unexpected, the codes were used up, or the counts do not agree.
    pub fn rush(&mut self, rush: Rush) -> anyhow::Result<Outcome> {
        let load = self.prepare(rush)?;
        let before = self.rows()?;
        let outcome = load.run()?;
        let after = self.rows()?;
        let written = (after.0 - before.0, after.1 - before.1);
        let accepted = i64::try_from(outcome.accepted_in_all)?;
        if written != (accepted, accepted) {
            bail!("{accepted} sign-ups were answered; {written:?} users and events were written");
        }
        if outcome.seconds < rush.seconds {
            bail!("the codes were used up before the round was over");
        }
        self.expected = self.expected.max(outcome.per_second());
        Ok(outcome)
    }

    fn prepare(&self, rush: Rush) -> anyhow::Result<Load> {
        let count = (self.expected * RESERVE * (rush.warm_up + rush.seconds)) as u64 + 1000;
        let (rows, requests) = (
            tempfile::NamedTempFile::new()?,
            tempfile::NamedTempFile::new()?,
        );
        codes::mint(
            self.stand.new_people(count),
            &self.stand.keys,
            &self.authorization,
            rows.path(),
            requests.path(),
        )?;
        insert(&mut self.file.connect()?, rows.path())?;
        Load::prepare(&Order {
            watch: None,
            address: self.service.address,
            requests: requests.path().to_owned(),
            repeat: false,
            shape: Shape::CiamUser,
            connections: rush.connections,
            pace: rush.pace,
            warm_up: rush.warm_up,
            seconds: rush.seconds,
            may_refuse: false,
        })
    }

    fn rows(&self) -> anyhow::Result<(i64, i64)> {
        let count = |table: &str| self.file.number(&format!("SELECT count(*) FROM {table}"));
        Ok((count("users")?, count("outbox")?))
    }
}

/// Inserts the rows that [`codes::mint`] has written. None of their texts has a character that SQL would misread.
fn insert(connection: &mut SqliteConnection, rows: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(rows)?;
    let rows: Vec<_> = text
        .lines()
        .map(|row| format!("('{}')", row.replace('\t', "','")))
        .collect();
    connection.immediate_transaction(|connection| {
        for rows in rows.chunks(ROWS) {
            let rows = rows.join(",");
            let columns = codes::COLUMNS;
            connection.batch_execute(&format!(
                "INSERT INTO otp_challenges ({columns}) VALUES {rows}"
            ))?;
        }
        anyhow::Ok(())
    })?;
    connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}
