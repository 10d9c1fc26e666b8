//! Everything that runs: the servers, the programs, and what can be done to them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use signup_testkit::PrivateBroker;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::cluster::{Cluster, free_port};
use crate::mailbox::Mailbox;
use crate::plan::{REPLICAS, Strike, Victim};
use crate::process::{Process, open_log};
use crate::product::{Environment, Program, environment};

/// The servers and the processes. They end with this value: the processes first.
pub struct Ground {
    processes: BTreeMap<(Program, usize), tokio::sync::Mutex<Process>>,
    broker: Arc<Mutex<PrivateBroker>>,
    cluster: Arc<Mutex<Cluster>>,
    /// The mail server.
    pub mailbox: Arc<Mailbox>,
    /// What every process is started with.
    pub environment: Environment,
    /// Where the database is.
    pub database: String,
    /// Where the broker is.
    pub broker_url: String,
    logs: PathBuf,
}

impl Ground {
    /// Starts the servers. All logs go to the folder `logs`. No program runs yet.
    ///
    /// # Errors
    /// A server or a program is missing, or a server does not start.
    pub async fn prepare(logs: &Path) -> anyhow::Result<Self> {
        let log = logs.join("database.log");
        let cluster = spawn_blocking(move || Cluster::start(free_port()?, log)).await??;
        let broker = spawn_blocking(PrivateBroker::start).await?;
        let mailbox = spawn_blocking(Mailbox::start).await?;
        let (database, broker_url) = (cluster.url().to_owned(), broker.url().to_owned());
        let environment = environment(&database, &broker_url, mailbox.port());
        let mut processes = BTreeMap::new();
        for program in Program::ALL {
            for replica in 0..REPLICAS {
                let log = logs.join(format!("{program}-{}.log", replica + 1));
                let process = Process::new(program, replica, free_port()?, &environment, log)?;
                processes.insert((program, replica), tokio::sync::Mutex::new(process));
            }
        }
        Ok(Self {
            processes,
            broker: Arc::new(Mutex::new(broker)),
            cluster: Arc::new(Mutex::new(cluster)),
            mailbox: Arc::new(mailbox),
            environment,
            database,
            broker_url,
            logs: logs.to_owned(),
        })
    }

    /// Starts all programs at once, and waits until they are ready.
    ///
    /// # Errors
    /// One does not become ready.
    pub async fn start_programs(&self) -> anyhow::Result<()> {
        let starts = self
            .processes
            .values()
            .map(async |process| process.lock().await.start().await);
        try_join_all(starts).await?;
        Ok(())
    }

    /// Where each service's replicas are.
    pub async fn replicas(&self) -> BTreeMap<Program, Vec<String>> {
        let mut replicas: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for ((program, _), process) in &self.processes {
            let url = process.lock().await.url();
            replicas.entry(*program).or_default().push(url);
        }
        replicas
    }

    /// Kills, waits, starts again, and waits until it is ready. Tells how long the start took.
    ///
    /// # Errors
    /// The victim does not come back.
    pub async fn strike(&self, strike: Strike) -> anyhow::Result<Duration> {
        self.end(strike.victim).await?;
        sleep(strike.down).await;
        let start = Instant::now();
        self.begin(strike.victim).await?;
        Ok(start.elapsed())
    }

    async fn end(&self, victim: Victim) -> anyhow::Result<()> {
        match victim {
            Victim::Process(program, replica) => match self.processes.get(&(program, replica)) {
                Some(process) => process.lock().await.kill().await,
                None => Ok(()),
            },
            Victim::Broker => {
                self.keep_broker_log()?;
                self.with_broker(PrivateBroker::kill).await
            }
            Victim::Database => self.with_cluster(Cluster::kill).await,
        }
    }

    async fn begin(&self, victim: Victim) -> anyhow::Result<()> {
        match victim {
            Victim::Process(program, replica) => match self.processes.get(&(program, replica)) {
                Some(process) => process.lock().await.start().await,
                None => Ok(()),
            },
            Victim::Broker => self.with_broker(PrivateBroker::restart).await,
            Victim::Database => self.with_cluster(Cluster::restart).await,
        }
    }

    /// Stops the broker in good order.
    ///
    /// # Errors
    /// It does not stop.
    pub async fn stop_broker(&self) -> anyhow::Result<()> {
        self.keep_broker_log()?;
        self.with_broker(PrivateBroker::stop).await
    }

    /// Starts the stopped broker.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_broker(&self) -> anyhow::Result<()> {
        self.begin(Victim::Broker).await
    }

    /// Asks the broker something.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn with_broker<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut PrivateBroker) -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let broker = Arc::clone(&self.broker);
        let asked =
            spawn_blocking(move || ask(&mut broker.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(asked.await?)
    }

    async fn with_cluster(
        &self,
        change: impl FnOnce(&mut Cluster) -> anyhow::Result<()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let cluster = Arc::clone(&self.cluster);
        spawn_blocking(move || change(&mut cluster.lock().unwrap_or_else(PoisonError::into_inner)))
            .await?
    }

    /// The node begins a new log with each start.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep_broker_log(&self) -> anyhow::Result<()> {
        let text = self
            .broker
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .log();
        open_log(&self.logs.join("broker.log"))?.write_all(text.as_bytes())?;
        Ok(())
    }

    /// Processes that ended although nobody killed them, in words.
    pub async fn deserters(&self) -> Vec<String> {
        let mut found = Vec::new();
        for ((program, replica), process) in &self.processes {
            if let Some(status) = process.lock().await.ended() {
                found.push(format!(
                    "{program} {} ended by itself: {status}",
                    replica + 1
                ));
            }
        }
        found
    }
}
