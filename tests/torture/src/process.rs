//! One process of a program, which is killed and comes back.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::product::{Environment, Program, executable, variable};

/// Longest time until a process answers that it is ready. It waits for its database.
const START_LIMIT: Duration = Duration::from_secs(90);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// A process with a port of its own, which stays the same over its lives.
pub struct Process {
    name: String,
    program: PathBuf,
    environment: Environment,
    port: u16,
    log: PathBuf,
    child: Option<Child>,
}

impl Process {
    /// A process that does not run yet. It listens on `port` and writes its log to `log`.
    ///
    /// # Errors
    /// The program was not built.
    pub fn new(
        program: Program,
        replica: usize,
        port: u16,
        environment: &Environment,
        log: PathBuf,
    ) -> anyhow::Result<Self> {
        let mut environment = environment.clone();
        environment.insert(variable("http.port"), port.to_string().into());
        environment.insert(variable("http.metrics_port"), "0".into());
        Ok(Self {
            name: format!("{program} {}", replica + 1),
            program: executable(program.as_str())?,
            environment,
            port,
            log,
            child: None,
        })
    }

    /// Where it answers: `http://address:port`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts the process and waits until it says that it is ready. One that ends is started again, as a supervisor
    /// would: without its database a process cannot start.
    ///
    /// # Errors
    /// It is not ready within the limit.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        let end = Instant::now() + START_LIMIT;
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(2))
            .build()?;
        let ready = format!("{}/health/ready", self.url());
        self.child = Some(self.spawn()?);
        loop {
            if let Ok(reply) = http.get(&ready).send().await
                && reply.status().is_success()
            {
                return Ok(());
            }
            if Instant::now() > end {
                bail!(
                    "{} is not ready after {START_LIMIT:?}, see {}",
                    self.name,
                    self.log.display()
                );
            }
            if self.ended().is_some() {
                self.child = Some(self.spawn()?);
            }
            sleep(PAUSE).await;
        }
    }

    fn spawn(&self) -> anyhow::Result<Child> {
        let log = open_log(&self.log)?;
        Command::new(&self.program)
            .env_clear()
            .envs(&self.environment)
            .stdin(std::process::Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Ctrl-C is for the run, which then ends its processes.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} does not start", self.program.display()))
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// The system refuses.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// How the process ended, if it did so by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut()?.try_wait().ok().flatten()
    }
}

/// Opens a log that several lives of a process write to.
///
/// # Errors
/// The file cannot be written.
pub fn open_log(path: &PathBuf) -> anyhow::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("{} cannot be written", path.display()))
}
