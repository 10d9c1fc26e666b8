//! CIAM's service with a database of its own, at which people sign up by phone number and code.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, bail};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use signup_core::code::{Challenge, ChallengeToken};
use signup_core::time::Timestamp;
use uuid::Uuid;

use crate::client::Client;
use crate::codes;
use crate::load::{Load, Order, Outcome, Pace, Shape, Watch, requests};
use crate::postgres::Database;
use crate::requests::basic;
use crate::service::{Service, Settings, exchange, get};
use crate::stand::{Stand, declare};

/// The service's program.
pub const PROGRAM: &str = "ciam-svc";

/// Sign-ups per second that are assumed before anything was measured.
const FIRST_GUESS: f64 = 15_000.0;

/// Codes are made for so many times the sign-ups that are expected.
const RESERVE: f64 = 1.5;

/// The part of a round that must have been measured.
const ENOUGH: f64 = 0.75;

/// How often a round is tried with more codes.
const TRIES: usize = 3;

/// See [`Round::full_pages`].
const FULL_PAGES: &str = "SELECT wal_fpi FROM pg_stat_wal";

/// The portal.
pub struct Portal<'a> {
    stand: &'a Stand,
    /// Its database.
    pub database: Database<'a>,
    /// Its service.
    pub service: Service,
    /// A queue that load processes consume, so that they see when an event arrives.
    pub watch: Option<Watch>,
    /// What every start has in common.
    settings: Settings,
    /// What the client proves itself with: the `Authorization` header.
    pub authorization: String,
    /// What clients of the application with passwords prove themselves with.
    pub with_passwords: Client,
    /// Sign-ups per second, the most that were seen.
    expected: f64,
}

/// What came of a round.
pub struct Round {
    /// What clients saw.
    pub outcome: Outcome,
    /// Statements that the service executed, from the first request to the last reply.
    pub statements: f64,
    /// Events that waited in the outbox right after the last reply.
    pub waiting: u64,
    /// Whole pages that PostgreSQL has put into its log meanwhile, because they were changed for the first time since the
    /// last checkpoint (`full_page_writes`). It counts with a delay, so this is about so many.
    pub full_pages: f64,
}

/// How people sign up in a round.
#[derive(Clone, Copy, Debug)]
pub struct Rush {
    /// Connections.
    pub connections: usize,
    /// Seconds before it counts.
    pub warm_up: f64,
    /// Seconds that count.
    pub seconds: f64,
    /// When they come.
    pub pace: Pace,
}

impl<'a> Portal<'a> {
    /// Makes a database, declares the application, and starts the service, with further settings.
    ///
    /// # Errors
    /// One of them fails.
    pub fn open(stand: &'a Stand, further: &Settings) -> anyhow::Result<Self> {
        let database = stand.new_database()?;
        let settings = stand.settings(&database.url());
        let secrets = declare(&settings, "ciam")?;
        let secret = secrets
            .get(codes::APPLICATION)
            .context("the application has no secret")?;
        let service = Service::start(PROGRAM, &with(&settings, further), &stand.logs)?;
        Ok(Self {
            stand,
            service,
            watch: None,
            settings,
            database,
            authorization: basic(codes::APPLICATION, secret),
            with_passwords: Client::of_portal(&secrets)?,
            expected: FIRST_GUESS,
        })
    }

    /// Stops the service as an orchestrator does, and starts it again with further settings.
    ///
    /// # Errors
    /// It does not end, or not start.
    pub fn restart(&mut self, further: &Settings) -> anyhow::Result<()> {
        let settings = with(&self.settings, further);
        self.service.restart(&settings, &self.stand.logs)
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.service.address
    }

    /// Sign-ups per second that codes are made for: the most that were seen.
    pub fn expected(&self) -> f64 {
        self.expected
    }

    /// Tells what was seen elsewhere, see [`Portal::expected`].
    pub fn expect(&mut self, per_second: f64) {
        self.expected = self.expected.max(per_second);
    }

    /// Lets people sign up for a moment, so that the next rounds know how many codes they need, and brings the tables'
    /// statistics up to date: what is measured from now on is a service that has been at work for a while.
    ///
    /// # Errors
    /// See [`Portal::rush`].
    pub fn warm_up(&mut self, connections: usize) -> anyhow::Result<()> {
        self.rush(Rush {
            connections,
            warm_up: 0.5,
            seconds: 1.5,
            pace: Pace::ClosedLoop,
        })?;
        self.database.execute("VACUUM ANALYZE")
    }

    /// Lets people sign up, and checks that whoever was accepted is in the database, with an event, and nobody else. A
    /// round in which the codes were used up before its time is made again with more of them.
    ///
    /// # Errors
    /// A reply was unexpected, or the counts do not agree.
    pub fn rush(&mut self, rush: Rush) -> anyhow::Result<Round> {
        for _ in 0..TRIES {
            let requests = self.mint(self.codes_for(rush))?;
            self.database.checkpoint()?;
            let round = self.run(rush, requests.path())?;
            let outcome = &round.outcome;
            let rate = outcome.accepted_in_all as f64 / outcome.elapsed;
            self.expected = self.expected.max(rate);
            if outcome.seconds >= rush.seconds * ENOUGH {
                return Ok(round);
            }
            self.expected *= 2.0;
        }
        bail!("the codes were used up {TRIES} times before the round was over")
    }

    /// As [`Portal::rush`], at a service that starts when the codes have been made and is called as soon as it is ready.
    ///
    /// # Errors
    /// The codes were used up before the time was over; otherwise see [`Portal::rush`].
    pub fn rush_from_the_start(&mut self, rush: Rush) -> anyhow::Result<Round> {
        let requests = self.mint(self.codes_for(rush))?;
        self.database.checkpoint()?;
        self.restart(&Settings::new())?;
        let round = self.run(rush, requests.path())?;
        if round.outcome.seconds < rush.seconds * ENOUGH {
            bail!("the codes were used up before the round was over");
        }
        Ok(round)
    }

    /// Lets people sign up with these requests, and counts.
    fn run(&self, rush: Rush, requests: &Path) -> anyhow::Result<Round> {
        let load = self.load(rush, requests)?;
        let before = self.rows()?;
        self.database.forget_statements()?;
        let pages_before = self.database.number(FULL_PAGES)?;
        let outcome = load.run()?;
        let waiting = self.database.count("outbox WHERE published_at IS NULL")?;
        let statements = self.database.statements()?;
        let full_pages = self.database.number(FULL_PAGES)? - pages_before;
        let after = self.rows()?;
        for (table, before, after) in [("users", before.0, after.0), ("outbox", before.1, after.1)]
        {
            let written = after - before;
            if written != outcome.accepted_in_all {
                bail!(
                    "{} sign-ups were answered and {written} rows were written to {table}",
                    outcome.accepted_in_all
                );
            }
        }
        Ok(Round {
            outcome,
            statements,
            waiting,
            full_pages,
        })
    }

    /// Makes the codes for a rush, and a load process that is ready to use them.
    ///
    /// # Errors
    /// The disk is full, or the service is gone.
    pub fn prepare(&self, rush: Rush) -> anyhow::Result<Load> {
        let requests = self.mint(self.codes_for(rush))?;
        self.load(rush, requests.path())
    }

    fn codes_for(&self, rush: Rush) -> u64 {
        let rate = match rush.pace {
            Pace::ClosedLoop => self.expected * RESERVE,
            Pace::OpenLoop(rate) => rate * 1.01,
        };
        (rate * (rush.warm_up + rush.seconds)) as u64 + 1000
    }

    fn load(&self, rush: Rush, requests: &Path) -> anyhow::Result<Load> {
        self.load_of(rush, requests, Shape::CiamUser)
    }

    /// Makes a load process that is ready to ask for codes for people who have not signed up. Each is asked for once.
    ///
    /// # Errors
    /// The disk is full, or the service is gone.
    pub fn prepare_code_requests(&self, rush: Rush) -> anyhow::Result<Load> {
        let people = self.stand.new_people(self.codes_for(rush));
        let file =
            requests::write_all(people.map(|person| Ok(codes::ask(person, &self.authorization))))?;
        self.load_of(rush, file.path(), Shape::CiamCode)
    }

    /// Makes a load process that is ready to ask whether the service is alive.
    ///
    /// # Errors
    /// The disk is full, or the service is gone.
    pub fn prepare_health(&self, rush: Rush) -> anyhow::Result<Load> {
        let questions = (0..self.codes_for(rush)).map(|_| Ok(get("/health/live")));
        let file = requests::write_all(questions)?;
        self.load_of(rush, file.path(), Shape::Health)
    }

    fn load_of(&self, rush: Rush, requests: &Path, shape: Shape) -> anyhow::Result<Load> {
        Load::prepare(&Order {
            address: self.address(),
            requests: requests.to_owned(),
            repeat: false,
            shape,
            connections: rush.connections,
            pace: rush.pace,
            warm_up: rush.warm_up,
            seconds: rush.seconds,
            may_refuse: false,
            watch: self.watch.clone(),
        })
    }

    /// Makes codes: the rows are in the database afterwards, the requests in the file.
    fn mint(&self, count: u64) -> anyhow::Result<tempfile::NamedTempFile> {
        let exchange = self.database.exchange();
        let rows = tempfile::Builder::new().tempfile_in(exchange)?;
        let requests = tempfile::NamedTempFile::new()?;
        codes::mint(
            self.stand.new_people(count),
            &self.stand.keys,
            &self.authorization,
            rows.path(),
            requests.path(),
        )?;
        make_readable(rows.path())?;
        self.database
            .copy("otp_challenges", codes::COLUMNS, rows.path())?;
        Ok(requests)
    }

    /// Proves that codes which are made here are those of the service: asks for a code as every client does, derives
    /// token and code from the row that the service has written, compares the token with the one that came back, and
    /// signs up with the code.
    ///
    /// # Errors
    /// They differ.
    pub fn prove(&self) -> anyhow::Result<()> {
        for person in self.stand.new_people(3) {
            let (status, reply) =
                exchange(self.address(), &codes::ask(person, &self.authorization))?;
            let reply: serde_json::Value = serde_json::from_str(&reply)?;
            let token = reply["otp_token"]
                .as_str()
                .with_context(|| format!("/otp/send answers {status} {reply}"))?;
            let challenge = self.find_challenge(person)?;
            let lifetime = std::time::Duration::from_secs(300);
            let derived = ChallengeToken::issue(&challenge, lifetime, &self.stand.keys);
            if derived.as_deref() != Some(token) {
                bail!("a token that is made here differs from the service's");
            }
            let code = challenge
                .code(&self.stand.keys)
                .context("the challenge's key is missing")?;
            let sign_up = codes::sign_up(person, token, code.expose(), &self.authorization);
            let (status, reply) = exchange(self.address(), &sign_up)?;
            if status != 200 {
                bail!("a code that is derived here is refused: {status} {reply}");
            }
        }
        Ok(())
    }

    fn find_challenge(&self, person: u64) -> anyhow::Result<Challenge> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            id: String,
            #[diesel(sql_type = Text)]
            key_id: String,
            #[diesel(sql_type = diesel::sql_types::Integer)]
            digits: i32,
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            created_at: i64,
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            expires_at: i64,
        }
        let binding = codes::binding(person);
        let row: Row = sql_query(
            "SELECT id, key_id, digits, created_at, expires_at FROM otp_challenges WHERE address = $1 AND state = 'live'",
        )
        .bind::<Text, _>(&binding.address)
        .get_result(&mut self.database.connect()?)?;
        Ok(Challenge {
            id: Uuid::parse_str(&row.id)?,
            binding,
            key_id: row.key_id,
            digits: u8::try_from(row.digits)?,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }

    /// How many users there are, and how many events of new users.
    fn rows(&self) -> anyhow::Result<(u64, u64)> {
        let events = "outbox WHERE event_type = 'signup.user.created.v1'";
        Ok((self.database.count("users")?, self.database.count(events)?))
    }
}

fn with(settings: &Settings, further: &Settings) -> Settings {
    let mut all = settings.clone();
    all.extend(further.clone());
    all
}

/// The database server runs as another user.
fn make_readable(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let readable = std::fs::Permissions::from_mode(0o644);
    Ok(std::fs::set_permissions(path, readable)?)
}
