//! better-auth on Node, with a database of its own, at which people sign up by e-mail address: `benches/better-auth`.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};

use crate::load::requests::RequestWriter;
use crate::load::{Load, Order, Outcome, Pace, Shape};
use crate::postgres::Database;
use crate::requests::post_json;
use crate::service::{free_port, open_log, root_file};
use crate::stand::Stand;

/// What is installed and run.
const FILES: [&str; 3] = ["package.json", "package-lock.json", "server.mjs"];

/// Sign-ups per second that are assumed before anything was measured. Requests cost nothing, so this is generous.
const FIRST_GUESS: f64 = 5_000.0;

/// Requests are made for so many times the sign-ups that are expected.
const RESERVE: f64 = 2.0;

/// Seconds until Node has compiled what is hot.
const WARM_UP: f64 = 2.0;

/// better-auth with its packages, not running.
pub struct Installed {
    folder: PathBuf,
    /// better-auth's and Node's versions, for people.
    pub versions: String,
}

impl Installed {
    /// Copies the files to the run's folder, and lets npm install exactly what the lock file names.
    ///
    /// # Errors
    /// Node or npm is missing, or a package cannot be had.
    pub fn prepare(logs: &Path) -> anyhow::Result<Self> {
        let folder = logs.join("better-auth");
        std::fs::create_dir_all(&folder)?;
        for file in FILES {
            std::fs::copy(
                root_file("benches/better-auth").join(file),
                folder.join(file),
            )?;
        }
        run(
            &folder,
            "npm",
            &["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        )?;
        let manifest = std::fs::read(folder.join("node_modules/better-auth/package.json"))?;
        let manifest: serde_json::Value = serde_json::from_slice(&manifest)?;
        let version = manifest["version"].as_str().unwrap_or_default();
        let node = run(&folder, "node", &["--version"])?;
        Ok(Self {
            versions: format!("better-auth {version} on Node {node}"),
            folder,
        })
    }
}

/// A server of several processes. It ends with this value.
pub struct BetterAuth<'a> {
    stand: &'a Stand,
    database: &'a Database<'a>,
    child: Child,
    address: SocketAddr,
}

impl<'a> BetterAuth<'a> {
    /// Starts so many processes on a database, which gets better-auth's tables if it has none.
    ///
    /// # Errors
    /// They do not start; where they say why.
    pub fn start(
        stand: &'a Stand,
        database: &'a Database<'a>,
        installed: &Installed,
        processes: usize,
    ) -> anyhow::Result<Self> {
        let port = free_port()?;
        let log = stand.logs.join("better-auth.log");
        let child = Command::new("node")
            .arg("server.mjs")
            .current_dir(&installed.folder)
            .env("NODE_ENV", "production")
            .env("DATABASE_URL", database.url())
            .env("PORT", port.to_string())
            .env("PROCESSES", processes.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(open_log(&log)?)
            .spawn()
            .context("node does not start")?;
        let mut server = Self {
            stand,
            database,
            child,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        };
        let mut line = String::new();
        let output = server.child.stdout.as_mut();
        BufReader::new(output.context("node has no output")?).read_line(&mut line)?;
        if line.trim() != "ready" {
            bail!("better-auth does not start, see {}", log.display());
        }
        Ok(server)
    }

    /// Lets people sign up, and checks that whoever was accepted is in the database with an account, and nobody else.
    ///
    /// # Errors
    /// A reply was unexpected, or the counts do not agree.
    pub fn rush(&self, connections: usize, seconds: f64) -> anyhow::Result<Outcome> {
        let requests = self.requests((FIRST_GUESS * RESERVE * (WARM_UP + seconds)) as u64)?;
        let load = Load::prepare(&Order {
            address: self.address,
            requests: requests.path().to_owned(),
            repeat: false,
            shape: Shape::BetterAuthUser,
            connections,
            pace: Pace::ClosedLoop,
            warm_up: WARM_UP,
            seconds,
            may_refuse: false,
            watch: None,
        })?;
        self.database.checkpoint()?;
        let before = self.rows()?;
        let outcome = load.run()?;
        let after = self.rows()?;
        for (table, written) in [
            ("user", after.0 - before.0),
            ("account", after.1 - before.1),
        ] {
            if written != outcome.accepted_in_all {
                bail!(
                    "better-auth answered {} sign-ups and wrote {written} rows to {table}",
                    outcome.accepted_in_all
                );
            }
        }
        Ok(outcome)
    }

    fn requests(&self, count: u64) -> anyhow::Result<tempfile::NamedTempFile> {
        let file = tempfile::NamedTempFile::new()?;
        let mut writer = RequestWriter::create(file.path())?;
        for person in self.stand.new_people(count) {
            let body = format!(
                r#"{{"name":"Person {person}","email":"person.{person}@example.com","password":"correct horse {person}"}}"#
            );
            writer.push(&post_json("/api/auth/sign-up/email", &[], &body))?;
        }
        writer.finish()?;
        Ok(file)
    }

    fn rows(&self) -> anyhow::Result<(u64, u64)> {
        let count = |table| self.database.count(table);
        Ok((count(r#""user""#)?, count("account")?))
    }
}

impl Drop for BetterAuth<'_> {
    fn drop(&mut self) {
        // Its processes notice, and end as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .with_context(|| {
            format!("{program} is missing: better-auth needs Node 20 or newer with npm")
        })?;
    if !output.status.success() {
        bail!(
            "{program} {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
