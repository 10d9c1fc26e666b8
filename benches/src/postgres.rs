//! A PostgreSQL server of the run's own, as durable as in production, and its databases.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Double, Text};
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, sql_query};
use tempfile::TempDir;
use uuid::Uuid;

use crate::service::{free_port, open_log, root_file};

/// Longest time for a start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// The role that services and pgbench connect as; the benchmark itself is the superuser.
pub const ROLE: &str = "signup";

/// Everything that differs from PostgreSQL's own defaults, which are durable. Printed with the results.
pub const SETTINGS: [(&str, &str); 4] = [
    ("shared_buffers", "1GB"),
    ("max_wal_size", "4GB"),
    ("max_connections", "200"),
    ("shared_preload_libraries", "pg_stat_statements"),
];

/// The server. It ends with this value, and its data with it.
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    as_user: Vec<String>,
    password: String,
    port: u16,
    server: Option<Child>,
}

impl Cluster {
    /// Makes a cluster and starts its server, which logs to a file.
    ///
    /// # Errors
    /// PostgreSQL is missing or does not start; with what it said or where.
    pub fn start(log: &Path) -> anyhow::Result<Self> {
        // Where the server's user can reach it.
        let folder = tempfile::Builder::new()
            .prefix("signup-bench.")
            .tempdir_in("/tmp")?;
        let mut cluster = Self {
            programs: find_programs()?,
            as_user: as_user(folder.path())?,
            password: Uuid::new_v4().simple().to_string(),
            port: free_port()?,
            folder,
            server: None,
        };
        cluster.initialise()?;
        cluster.boot(log)?;
        let mut postgres = cluster.connect("postgres")?;
        postgres.batch_execute(&format!(
            "CREATE EXTENSION pg_stat_statements; CREATE ROLE {ROLE} LOGIN PASSWORD '{}'",
            cluster.password
        ))?;
        Ok(cluster)
    }

    /// Makes an empty database that belongs to the services' role.
    ///
    /// # Errors
    /// It exists, or the server is gone.
    pub fn create_database(&self, name: &str) -> anyhow::Result<Database<'_>> {
        // template0, because nobody can be connected to it and stand in the way.
        self.connect("postgres")?.batch_execute(&format!(
            "CREATE DATABASE {name} OWNER {ROLE} TEMPLATE template0"
        ))?;
        Ok(Database {
            cluster: self,
            name: name.to_owned(),
        })
    }

    /// The server's version, such as `15.14`.
    ///
    /// # Errors
    /// The server is gone.
    pub fn version(&self) -> anyhow::Result<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            server_version: String,
        }
        let row: Row = sql_query("SELECT current_setting('server_version') AS server_version")
            .get_result(&mut self.connect("postgres")?)?;
        Ok(row.server_version)
    }

    /// The path of one of PostgreSQL's programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    fn connect(&self, database: &str) -> anyhow::Result<PgConnection> {
        let (password, port) = (&self.password, self.port);
        let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/{database}");
        Ok(PgConnection::establish(&url)?)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = self.program(program);
        let mut command = match self.as_user.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    fn initialise(&self) -> anyhow::Result<()> {
        let file = self.folder.path().join("password");
        std::fs::write(&file, &self.password)?;
        let output = self
            .command("initdb")
            .arg("-D")
            .arg(self.data())
            .arg(format!("--pwfile={}", file.display()))
            .args(["--username=postgres", "--auth=scram-sha-256"])
            .args(["--encoding=UTF8", "--locale=C"])
            .output()?;
        std::fs::remove_file(file)?;
        if !output.status.success() {
            bail!("initdb: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    fn boot(&mut self, log: &Path) -> anyhow::Result<()> {
        let file = open_log(log)?;
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string()])
            .args(["-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "unix_socket_directories="])
            .args(["-c", "timezone=UTC"]);
        for (name, value) in SETTINGS {
            command.args(["-c", &format!("{name}={value}")]);
        }
        command.stdout(file.try_clone()?).stderr(file);
        let server = self.server.insert(command.spawn()?);
        let end = Instant::now() + START_LIMIT;
        while let Err(error) = {
            let (password, port) = (&self.password, self.port);
            PgConnection::establish(&format!(
                "postgres://postgres:{password}@127.0.0.1:{port}/postgres"
            ))
        } {
            if server.try_wait()?.is_some() || Instant::now() > end {
                bail!("PostgreSQL does not start ({error}), see {}", log.display());
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        // SIGQUIT: at once; nothing in it is worth a checkpoint. setpriv has become the server, so this is its id.
        let quit = Command::new("kill")
            .args(["-QUIT", &server.id().to_string()])
            .status();
        if !quit.is_ok_and(|status| status.success()) {
            let _ = server.kill();
        }
        let _ = server.wait();
    }
}

/// One database of the cluster.
pub struct Database<'a> {
    /// Where it is.
    pub cluster: &'a Cluster,
    /// Its name.
    pub name: String,
}

/// A row of numbers, for queries that name their result `value`.
#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Double)]
    value: f64,
}

impl Database<'_> {
    /// As the services' settings take it.
    pub fn url(&self) -> String {
        let Cluster { password, port, .. } = self.cluster;
        format!(
            "postgres://{ROLE}:{password}@127.0.0.1:{port}/{}",
            self.name
        )
    }

    /// The environment by which PostgreSQL's own programs find it, as the services' role.
    pub fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("PGHOST", "127.0.0.1".to_owned()),
            ("PGPORT", self.cluster.port.to_string()),
            ("PGUSER", ROLE.to_owned()),
            ("PGPASSWORD", self.cluster.password.clone()),
            ("PGDATABASE", self.name.clone()),
        ]
    }

    /// A connection as superuser.
    ///
    /// # Errors
    /// The server is gone.
    pub fn connect(&self) -> anyhow::Result<PgConnection> {
        self.cluster.connect(&self.name)
    }

    /// Runs statements as superuser.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn execute(&self, statements: &str) -> anyhow::Result<()> {
        let run = self.connect()?.batch_execute(statements);
        run.with_context(|| statements.chars().take(200).collect::<String>())
    }

    /// The number that an SQL expression stands for.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn number(&self, expression: &str) -> anyhow::Result<f64> {
        let query = format!("SELECT ({expression})::float8 AS value");
        let row: Number = sql_query(&query)
            .get_result(&mut self.connect()?)
            .context(query)?;
        Ok(row.value)
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// There is no such table.
    pub fn count(&self, table: &str) -> anyhow::Result<u64> {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            value: i64,
        }
        let query = format!("SELECT count(*) AS value FROM {table}");
        let row: Count = sql_query(query).get_result(&mut self.connect()?)?;
        Ok(u64::try_from(row.value)?)
    }

    /// Lets PostgreSQL read a file with COPY. It must lie in [`Database::exchange`].
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn copy(&self, table: &str, columns: &str, file: &Path) -> anyhow::Result<()> {
        self.execute(&format!(
            "COPY {table} ({columns}) FROM '{}'",
            file.display()
        ))
    }

    /// A folder in which the server finds files.
    pub fn exchange(&self) -> &Path {
        self.cluster.folder.path()
    }

    /// Forgets which statements were executed.
    ///
    /// # Errors
    /// The server is gone.
    pub fn forget_statements(&self) -> anyhow::Result<()> {
        self.cluster
            .connect("postgres")?
            .batch_execute("SELECT pg_stat_statements_reset()")?;
        Ok(())
    }

    /// How many statements the services' role has executed here since they were last forgotten, BEGIN and COMMIT
    /// included.
    ///
    /// # Errors
    /// The server is gone.
    pub fn statements(&self) -> anyhow::Result<f64> {
        let query = format!(
            "SELECT coalesce(sum(calls), 0)::float8 AS value FROM pg_stat_statements WHERE userid = '{ROLE}'::regrole \
             AND dbid = (SELECT oid FROM pg_database WHERE datname = '{}')",
            self.name
        );
        let row: Number = sql_query(query).get_result(&mut self.cluster.connect("postgres")?)?;
        Ok(row.value)
    }

    /// Writes a checkpoint, so that none is due while something is measured.
    ///
    /// # Errors
    /// The server is gone.
    pub fn checkpoint(&self) -> anyhow::Result<()> {
        self.execute("CHECKPOINT")
    }
}

fn find_programs() -> anyhow::Result<PathBuf> {
    let output = Command::new(root_file("scripts/with-postgres"))
        .arg("--programs")
        .output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let programs = PathBuf::from(String::from_utf8(output.stdout)?.trim());
    if !programs.join("pgbench").is_file() {
        bail!(
            "pgbench is missing in {}; it belongs to PostgreSQL's contributed programs",
            programs.display()
        );
    }
    Ok(programs)
}

/// PostgreSQL refuses to run as root, so root lends it another user and gives that one the folder. setpriv becomes the
/// command instead of staying in front of it.
fn as_user(folder: &Path) -> anyhow::Result<Vec<String>> {
    let ask = |arguments: &[&str]| Command::new("id").args(arguments).output();
    if String::from_utf8(ask(&["-u"])?.stdout)?.trim() != "0" {
        return Ok(Vec::new());
    }
    let has_user = ask(&["-u", "postgres"])?.status.success();
    let user = if has_user { "postgres" } else { "nobody" };
    let group = String::from_utf8(ask(&["-g", user])?.stdout)?
        .trim()
        .to_owned();
    let given = Command::new("chown").arg(user).arg(folder).status()?;
    if !given.success() {
        bail!("chown {user} {}: {given}", folder.display());
    }
    let words = [
        "setpriv",
        &format!("--reuid={user}"),
        &format!("--regid={group}"),
        "--init-groups",
        "--",
    ];
    Ok(words.map(str::to_owned).into())
}
