//! A service as it is shipped: release build, default settings but for those that are named here.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::load::reply;

/// Longest time until a service is ready. The first start on a database makes its tables.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Between two looks.
const PAUSE: Duration = Duration::from_micros(500);

/// Settings by their names, such as `http.port`.
pub type Settings = BTreeMap<String, String>;

/// A running service. It is killed with this value.
pub struct Service {
    name: String,
    child: Child,
    /// Where it answers.
    pub address: SocketAddr,
    log: PathBuf,
}

impl Service {
    /// Starts a program of the workspace with these settings and free ports, and waits until it is ready. Its log goes
    /// to a file in `logs`.
    ///
    /// # Errors
    /// It does not become ready; where its log is.
    pub fn start(program: &str, settings: &Settings, logs: &Path) -> anyhow::Result<Self> {
        let mut service = Self::spawn(program, settings, logs)?;
        let end = Instant::now() + START_LIMIT;
        while !service.is_ready() {
            if let Some(status) = service.child.try_wait()? {
                bail!(
                    "{program} ended with {status}, see {}",
                    service.log.display()
                );
            }
            if Instant::now() > end {
                bail!(
                    "{program} is not ready after {START_LIMIT:?}, see {}",
                    service.log.display()
                );
            }
            sleep(PAUSE);
        }
        Ok(service)
    }

    /// Starts a program without waiting.
    ///
    /// # Errors
    /// It was not built.
    pub fn spawn(program: &str, settings: &Settings, logs: &Path) -> anyhow::Result<Self> {
        let (port, metrics_port) = (free_port()?, free_port()?);
        let log = logs.join(format!("{program}.log"));
        let file = open_log(&log)?;
        let child = Command::new(executable(program)?)
            .env_clear()
            .envs(environment(settings))
            .env(variable("http.port"), port.to_string())
            .env(variable("http.metrics_port"), metrics_port.to_string())
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("{program} does not start"))?;
        Ok(Self {
            name: program.to_owned(),
            child,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            log,
        })
    }

    /// Whether it says that it is ready.
    pub fn is_ready(&self) -> bool {
        let asked = exchange(self.address, &get("/health/ready"));
        asked.is_ok_and(|(status, _)| status == 200)
    }

    fn id(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory in MiB: proc(5), `VmRSS`.
    ///
    /// # Errors
    /// There is no /proc, or the process has ended.
    pub fn memory_mib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        Ok(kib.with_context(|| format!("{} has no VmRSS", self.name))? / 1024.0)
    }

    /// SIGTERM, as an orchestrator stops it.
    ///
    /// # Errors
    /// It does not end with status 0.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.end()
    }

    /// [Stops](Service::stop) it, and starts the same program with these settings.
    ///
    /// # Errors
    /// It does not end with status 0, or see [`Service::start`].
    pub fn restart(&mut self, settings: &Settings, logs: &Path) -> anyhow::Result<()> {
        self.end()?;
        let program = self.name.clone();
        *self = Self::start(&program, settings, logs)?;
        Ok(())
    }

    fn end(&mut self) -> anyhow::Result<()> {
        let id = self.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!(
                "{} ended with {status}, see {}",
                self.name,
                self.log.display()
            );
        }
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `signupctl` and returns what it prints.
///
/// # Errors
/// It fails; with what it said.
pub fn signupctl(settings: &Settings, arguments: &[&str]) -> anyhow::Result<serde_json::Value> {
    let output = Command::new(executable("signupctl")?)
        .args(arguments)
        .arg("--json")
        .env_clear()
        .envs(environment(settings))
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("signupctl {}: {}", arguments.join(" "), said.trim());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A `GET` request for one of the services' own pages.
pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes()
}

/// Sends one request on a connection of its own; returns status and body.
///
/// # Errors
/// Nobody answers.
pub fn exchange(address: SocketAddr, request: &[u8]) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request)?;
    let mut received = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        let read = stream.read(&mut part)?;
        received.extend_from_slice(&part[..read]);
        if let Some(reply) = reply::read(&received).map_err(anyhow::Error::msg)? {
            return Ok((
                reply.status,
                String::from_utf8_lossy(reply.body).into_owned(),
            ));
        }
        if read == 0 {
            bail!("{address} closed the connection");
        }
    }
}

/// The path of an executable of this workspace: beside this one.
///
/// # Errors
/// It was not built.
pub fn executable(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !path.is_file() {
        bail!(
            "{} is missing: run `make bench`, which builds it",
            path.display()
        );
    }
    Ok(path)
}

/// A file of the repository.
pub fn root_file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Opens a log that several processes write to, one after the other.
///
/// # Errors
/// The file cannot be written.
pub fn open_log(path: &Path) -> anyhow::Result<File> {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.with_context(|| format!("{} cannot be written", path.display()))
}

/// A port that nobody listens on now.
///
/// # Errors
/// There is none.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Settings as environment variables. The rest of the surroundings stays out: somebody's own settings must not count.
fn environment(settings: &Settings) -> BTreeMap<String, String> {
    let mut environment: BTreeMap<_, _> = ["PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
        .collect();
    let set = settings
        .iter()
        .map(|(key, value)| (variable(key), value.clone()));
    environment.extend(set);
    environment
}

/// The environment variable of a setting.
fn variable(key: &str) -> String {
    format!("SIGNUP__{}", key.to_uppercase().replace('.', "__"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_becomes_the_variable_that_services_read() {
        assert_eq!(
            variable("database.pool_size"),
            "SIGNUP__DATABASE__POOL_SIZE"
        );
    }
}
