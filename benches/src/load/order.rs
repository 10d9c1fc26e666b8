//! What a load process is told to do, what it reports, and how it is started.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::consumer::{Arrivals, Watch};
use super::driver::READY;
use super::histogram::Latencies;
use super::reply::Shape;

/// When requests are sent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// As soon as the reply to the one before is there: finds out what a service can do.
    ClosedLoop,
    /// So many per second, whether or not earlier ones are answered: latencies count from the moment at which a request
    /// was due, so that a service that falls behind cannot hide it.
    OpenLoop(f64),
}

/// What is to be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Who is asked.
    pub address: SocketAddr,
    /// The file of requests.
    pub requests: PathBuf,
    /// Whether they are sent again and again, or each once.
    pub repeat: bool,
    /// What the replies must look like.
    pub shape: Shape,
    /// Connections, all opened before the first request. In an open loop a request waits for a free one.
    pub connections: usize,
    /// When requests are sent.
    pub pace: Pace,
    /// Seconds before anything counts.
    pub warm_up: f64,
    /// Seconds that count.
    pub seconds: f64,
    /// Whether a 503 is an answer to be counted, or a fault.
    pub may_refuse: bool,
    /// A queue to be consumed meanwhile, for [`Outcome::arrivals`].
    pub watch: Option<Watch>,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// Seconds that counted: fewer than ordered when the requests were used up before.
    pub seconds: f64,
    /// Seconds from the first request to the last reply.
    pub elapsed: f64,
    /// Requests accepted while it counted.
    pub accepted: u64,
    /// Requests accepted from the first to the last.
    pub accepted_in_all: u64,
    /// Requests refused with 503 while it counted.
    pub refused: u64,
    /// From the request to the reply that accepts it.
    pub latencies: Latencies,
    /// From the request to the reply that refuses it.
    pub refusals: Latencies,
    /// What became of the events, when a queue was consumed.
    pub arrivals: Option<Arrivals>,
    /// In an open loop, from the moment at which a request was due until it was sent: what the load itself, or a lack of
    /// free connections, adds to the latencies.
    pub lag: Latencies,
    /// CPU seconds of the load process from the first request to the last reply.
    pub cpu_seconds: f64,
}

impl Outcome {
    /// Accepted requests per second.
    pub fn per_second(&self) -> f64 {
        self.accepted as f64 / self.seconds
    }
}

/// A load process that is connected and waits for the word.
pub struct Load {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Load {
    /// Starts a load process, which reads its requests and connects.
    ///
    /// # Errors
    /// It does not get so far.
    pub fn prepare(order: &Order) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("load")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the load process does not start")?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the load process has no pipes");
        };
        writeln!(input, "{}", serde_json::to_string(order)?)?;
        let mut load = Self {
            child,
            input,
            output: BufReader::new(output),
        };
        let mut line = String::new();
        load.output.read_line(&mut line)?;
        if line.trim() != READY {
            bail!("the load process ended before it was ready (see above)");
        }
        Ok(load)
    }

    /// Gives the word.
    ///
    /// # Errors
    /// The process is gone.
    pub fn go(mut self) -> anyhow::Result<Running> {
        writeln!(self.input, "go").context("the load process is gone")?;
        Ok(Running(self))
    }

    /// Gives the word and waits for the end.
    ///
    /// # Errors
    /// See [`Running::wait`].
    pub fn run(self) -> anyhow::Result<Outcome> {
        self.go()?.wait()
    }

    /// Gives the word to several processes at once, and waits for the end of all of them.
    ///
    /// # Errors
    /// See [`Running::wait`].
    pub fn run_together<const N: usize>(loads: [Self; N]) -> anyhow::Result<[Outcome; N]> {
        let running = loads
            .into_iter()
            .map(Self::go)
            .collect::<anyhow::Result<Vec<_>>>()?;
        let outcomes = running
            .into_iter()
            .map(Running::wait)
            .collect::<anyhow::Result<Vec<_>>>()?;
        let count = outcomes.len();
        <[Outcome; N]>::try_from(outcomes).map_err(|_| anyhow::anyhow!("{count} outcomes"))
    }
}

/// A load process at work.
pub struct Running(Load);

impl Running {
    /// Waits for its end.
    ///
    /// # Errors
    /// A reply was not what it must be, or a connection broke; the process says so on standard error.
    pub fn wait(mut self) -> anyhow::Result<Outcome> {
        let mut text = String::new();
        self.0.output.read_to_string(&mut text)?;
        let status = self.0.child.wait()?;
        if !status.success() {
            bail!("the load failed (see above)");
        }
        serde_json::from_str(&text).context("the load process's report cannot be read")
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // It has ended already, unless a line was given up.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
