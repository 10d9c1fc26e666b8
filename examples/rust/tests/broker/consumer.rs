//! A consumer as a process.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags};
use signup_testkit::eventually;

use crate::PATIENCE;

const PYTHON: &str = "TEST_PIKA_PYTHON";

/// Which consumer.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Rust,
    Python,
}

impl Kind {
    /// The queue that it makes unless it is told otherwise.
    pub fn queue(self) -> &'static str {
        match self {
            Self::Rust => "example.rust",
            Self::Python => "example.python",
        }
    }

    pub fn source(self) -> &'static str {
        match self {
            Self::Rust => include_str!("../../src/queue.rs"),
            Self::Python => include_str!("../../../python/consumer.py"),
        }
    }

    fn command(self) -> Command {
        match self {
            Self::Rust => Command::new(env!("CARGO_BIN_EXE_sign-up-consumer")),
            Self::Python => {
                let python = std::env::var(PYTHON).unwrap_or_else(|_| {
                    panic!("this test needs pika: run `make test` or `scripts/with-pika cargo test …` ({PYTHON} is missing)")
                });
                let mut command = Command::new(python);
                command.arg(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/../python/consumer.py"
                ));
                command
            }
        }
    }
}

/// A running consumer. It is killed when this value is dropped.
pub struct Consumer {
    child: Mutex<Child>,
    lines: Lines,
    errors: Lines,
    database: PathBuf,
}

type Lines = Arc<Mutex<Vec<String>>>;

impl Consumer {
    /// Starts a consumer and waits until its queue is bound.
    pub async fn start(kind: Kind, url: &str, folder: &Path, arguments: &[&str]) -> Self {
        let database = folder.join("sign-ups.db");
        let mut child = kind
            .command()
            .arg("--database")
            .arg(&database)
            .args(arguments)
            .env("AMQP_URL", url)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let consumer = Self {
            lines: collect(child.stdout.take().unwrap()),
            errors: collect(child.stderr.take().unwrap()),
            child: Mutex::new(child),
            database,
        };
        eventually(PATIENCE, async || {
            let errors = consumer.errors();
            errors
                .contains("waiting for events")
                .then_some(())
                .ok_or(errors)
        })
        .await;
        consumer
    }

    /// Waits until so many lines were printed, and returns what was printed.
    pub async fn read_lines(&self, count: usize) -> Vec<String> {
        eventually(PATIENCE, async || {
            let lines = lock(&self.lines).clone();
            if lines.len() >= count {
                Ok(lines)
            } else {
                Err(format!("{} lines\n{}", lines.len(), self.errors()))
            }
        })
        .await
    }

    /// What it printed to standard error.
    pub fn errors(&self) -> String {
        lock(&self.errors).join("\n")
    }

    /// The ids of the events whose effect is in the database, in their order.
    pub fn taken(&self) -> Vec<String> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = Connection::open_with_flags(&self.database, flags).unwrap();
        let mut query = database
            .prepare("SELECT event_id FROM sign_ups ORDER BY event_id")
            .unwrap();
        let ids = query.query_map([], |row| row.get(0)).unwrap();
        ids.map(Result::unwrap).collect()
    }

    /// SIGKILL.
    pub fn kill(&self) {
        let mut child = lock(&self.child);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM, and the orderly end.
    pub async fn terminate(&self) {
        let id = lock(&self.child).id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", "TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        self.ends().await;
    }

    /// Waits for its end, which must be an orderly one.
    pub async fn ends(&self) {
        let status = eventually(PATIENCE, async || {
            let ended = lock(&self.child).try_wait().unwrap();
            ended.ok_or_else(|| format!("it still runs\n{}", self.errors()))
        })
        .await;
        assert_eq!(status.code(), Some(0), "{}", self.errors());
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        let mut child = lock(&self.child);
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn collect(output: impl Read + Send + 'static) -> Lines {
    let lines = Lines::default();
    let kept = Arc::clone(&lines);
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            lock(&kept).push(line);
        }
    });
    lines
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
