//! A PostgreSQL server of the run's own, as durable as in production, which is killed and comes back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use diesel::{Connection as _, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

use crate::process::open_log;

/// Longest time for a start, which may have to read the log of a crash first.
const START_LIMIT: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(20);

/// The server. It ends with this value.
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    /// The words before a command of the server's user.
    as_user: Vec<String>,
    url: String,
    port: u16,
    log: PathBuf,
    server: Option<Child>,
}

impl Cluster {
    /// Makes a cluster and starts its server.
    ///
    /// # Errors
    /// PostgreSQL is missing or does not start; with what it said or where.
    pub fn start(port: u16, log: PathBuf) -> anyhow::Result<Self> {
        // Where the server's user can reach it.
        let folder = tempfile::Builder::new()
            .prefix("signup-torture.")
            .tempdir_in("/tmp")?;
        let password = Uuid::new_v4().simple().to_string();
        let mut cluster = Self {
            programs: find_programs()?,
            as_user: as_user(folder.path())?,
            url: format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres"),
            folder,
            port,
            log,
            server: None,
        };
        cluster.initialise(&password)?;
        cluster.restart()?;
        Ok(cluster)
    }

    /// Where to connect. It stays the same.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
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

    fn initialise(&self, password: &str) -> anyhow::Result<()> {
        let file = self.folder.path().join("password");
        std::fs::write(&file, password)?;
        let output = self
            .command("initdb")
            .arg("-D")
            .arg(self.data())
            .arg(format!("--pwfile={}", file.display()))
            .args([
                "--username=postgres",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .output()?;
        std::fs::remove_file(file)?;
        if !output.status.success() {
            bail!("initdb: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    /// Starts the server and waits until it takes connections.
    ///
    /// # Errors
    /// It does not start.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        let log = open_log(&self.log)?;
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string()])
            // What is committed is on disk, as it is by default. These stand here so that nobody takes them away.
            .args([
                "-c",
                "fsync=on",
                "-c",
                "synchronous_commit=on",
                "-c",
                "full_page_writes=on",
            ])
            .args([
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
            ])
            .args([
                "-c",
                "max_connections=200",
                "-c",
                "timezone=UTC",
                "-c",
                "log_line_prefix=%m [%p] ",
            ])
            .stdout(log.try_clone()?)
            .stderr(log);
        own_group(&mut command);
        let mut server = command.spawn()?;
        let end = Instant::now() + START_LIMIT;
        while let Err(error) = PgConnection::establish(&self.url) {
            let ended = server.try_wait()?;
            if ended.is_some() || Instant::now() > end {
                let _ = server.kill();
                bail!(
                    "PostgreSQL does not start ({error}), see {}",
                    self.log.display()
                );
            }
            sleep(PAUSE);
        }
        self.server = Some(server);
        Ok(())
    }

    /// SIGKILL for the server and all of its processes at once: a crash of the machine, but for what the kernel had
    /// still to write.
    ///
    /// # Errors
    /// The system refuses, or a process stays.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        let Some(mut server) = self.server.take() else {
            return Ok(());
        };
        let id = server.id();
        // Stopped first: it must not have further children while they are looked for.
        signal("STOP", &[id]);
        let children = children_of(id);
        signal("KILL", &children);
        server.kill()?;
        server.wait()?;
        // The next server refuses to start as long as a process of this one is attached to its shared memory.
        let end = Instant::now() + START_LIMIT;
        while children.iter().any(|child| runs(*child)) {
            if Instant::now() > end {
                bail!("a process of PostgreSQL outlived SIGKILL");
            }
            sleep(PAUSE);
        }
        // Nobody is left who could mind. It names a process id that may be another program's by now.
        match std::fs::remove_file(self.data().join("postmaster.pid")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.kill() {
            eprintln!("torture: {error:#}");
        }
    }
}

/// Ctrl-C is for the run, which then ends its servers.
fn own_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

fn find_programs() -> anyhow::Result<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/with-postgres");
    let output = Command::new(script).arg("--programs").output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?.trim().into())
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

fn signal(name: &str, processes: &[u32]) {
    if processes.is_empty() {
        return;
    }
    // One that is gone already is no fault.
    let _ = Command::new("kill")
        .arg(format!("-{name}"))
        .args(processes.iter().map(u32::to_string))
        .stderr(Stdio::null())
        .status();
}

/// The processes that a process has started. Where there is no /proc, none is found; they end by themselves when they
/// notice that their parent is gone.
fn children_of(parent: u32) -> Vec<u32> {
    all_processes()
        .into_iter()
        .filter(|(_, (_, of))| *of == parent)
        .map(|(id, _)| id)
        .collect()
}

/// Whether a process runs. One that only waits to be buried does not.
fn runs(process: u32) -> bool {
    state(process).is_some_and(|(state, _)| state != 'Z')
}

fn all_processes() -> BTreeMap<u32, (char, u32)> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return BTreeMap::new();
    };
    let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.filter_map(|id| Some((id, state(id)?))).collect()
}

/// The state and the parent of a process: proc(5), /proc/pid/stat. The name before them is in parentheses.
fn state(process: u32) -> Option<(char, u32)> {
    let line = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = line.rsplit_once(')')?;
    let mut words = rest.split_whitespace();
    let state = words.next()?.chars().next()?;
    Some((state, words.next()?.parse().ok()?))
}

/// A port that is free now, below the range that the kernel hands out itself.
///
/// # Errors
/// None was found.
pub fn free_port() -> anyhow::Result<u16> {
    (0..200)
        .map(|_| rand::random_range(20_000..32_000))
        .find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .context("no free port was found between 20000 and 32000")
}
