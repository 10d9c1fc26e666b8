//! A built program as it runs in production: a process of its own that can be told to stop, or killed.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::eventually;

/// How long a test waits for a process before it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process of a service or of the worker, which listens on free ports and logs JSON. It is killed with this value.
#[derive(Debug)]
pub struct TestProcess {
    child: Mutex<Child>,
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
    api: String,
    metrics: String,
}

impl TestProcess {
    /// Starts a program, such as `env!("CARGO_BIN_EXE_notify-worker")`, and waits until it listens. It gets this
    /// environment and nothing of the test's own but where programs are.
    ///
    /// # Panics
    /// When it ends or does not listen in time, with what it printed.
    pub async fn start(program: &str, environment: &HashMap<String, String>) -> Self {
        let mut child = Command::new(program)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(environment)
            .envs([
                ("SIGNUP__HTTP__PORT", "0"),
                ("SIGNUP__HTTP__METRICS_PORT", "0"),
                ("SIGNUP__LOG__FORMAT", "json"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let log = BufReader::new(child.stderr.take().unwrap());
        let reader = std::thread::spawn({
            let lines = Arc::clone(&lines);
            move || {
                for line in log.lines().map_while(Result::ok) {
                    lines.lock().unwrap().push(line);
                }
            }
        });
        let mut process = Self {
            child: Mutex::new(child),
            lines,
            reader: Some(reader),
            api: String::new(),
            metrics: String::new(),
        };
        process.api = process.address("(http.port)").await;
        process.metrics = process.address("(http.metrics_port)").await;
        process
    }

    /// The address of a path of its API.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.api)
    }

    /// What `/metrics` shows.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn metrics(&self) -> String {
        let response = reqwest::get(format!("http://{}/metrics", self.metrics)).await;
        response.unwrap().text().await.unwrap()
    }

    /// Everything that it has logged so far.
    ///
    /// # Panics
    /// When its reader panicked.
    #[must_use]
    pub fn log(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// Waits until it has logged this event and returns the first such line.
    ///
    /// # Panics
    /// After 30 seconds without one.
    pub async fn logged(&self, event: &str) -> Value {
        eventually(PATIENCE, || async {
            let lines = self.lines.lock().unwrap();
            let mut parsed = lines
                .iter()
                .filter_map(|line| serde_json::from_str::<Value>(line).ok());
            parsed
                .find(|line| line["event"] == event)
                .ok_or_else(|| format!("no {event} in its log:\n{}", lines.join("\n")))
        })
        .await
    }

    /// Asks it to stop, as orchestrators do: SIGTERM.
    ///
    /// # Panics
    /// When it has ended.
    pub fn terminate(&self) {
        let id = self.child.lock().unwrap().id().to_string();
        let status = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(status.success(), "it has ended:\n{}", self.log());
    }

    /// Kills it with SIGKILL: a crash. It is gone when this returns.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Waits for its end and returns its exit status; `None` when a signal ended it.
    ///
    /// # Panics
    /// After 30 seconds.
    pub async fn ended(&self) -> Option<i32> {
        let status = eventually(PATIENCE, || async {
            let status = self.child.lock().unwrap().try_wait().unwrap();
            status.ok_or_else(|| format!("it still runs:\n{}", self.log()))
        });
        status.await.code()
    }

    /// Finds the address behind the setting that is named in the line about it.
    async fn address(&self, key: &str) -> String {
        eventually(PATIENCE, || async {
            let ended = self.child.lock().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "it has ended:\n{}", self.log());
            let lines = self.lines.lock().unwrap();
            let line = lines.iter().find(|line| line.contains(key));
            let words = line.and_then(|line| line.split_once("listening on "));
            words
                .and_then(|(_, rest)| rest.split_once(' '))
                .map(|(address, _)| address.to_owned())
                .ok_or_else(|| format!("it does not listen yet:\n{}", lines.join("\n")))
        })
        .await
    }
}

impl Drop for TestProcess {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap();
        let _ = child.kill();
        let _ = child.wait();
        if let Some(reader) = self.reader.take() {
            // The log's end comes with the process's.
            let _ = reader.join();
        }
    }
}
