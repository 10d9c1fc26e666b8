//! `signupctl dev`, started as people start it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use signup_testkit::eventually;

use crate::operator::{Done, program};

pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Stack {
    child: Child,
    lines: Receiver<String>,
    /// What was printed until it was ready.
    pub announced: String,
}

/// `signupctl dev` on free ports, with cheap hashing.
pub fn dev(folder: &Path) -> Command {
    dev_with(folder, "0")
}

/// The same with this port for the XDUA API.
pub fn dev_with(folder: &Path, xdua_port: &str) -> Command {
    let mut command = program(folder);
    command
        .args(["dev", "--console-port", "0", "--demo-port", "0"])
        .args(["--bytepower-port", "0", "--xdua-port", xdua_port])
        .args(["--ciam-port", "0"])
        .env("SIGNUP__HASH__ALLOW_TEST_COST", "true")
        .env("SIGNUP__HASH__COST", "4")
        .env("SIGNUP__HASH__NICE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Stack {
    /// Starts the stack and waits until it says that it is ready.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut stack = Self {
            child,
            lines,
            announced: String::new(),
        };
        stack.announced = stack.read_until("--- Ready");
        stack
    }

    /// What is printed up to a line that holds this text.
    pub fn read_until(&mut self, text: &str) -> String {
        let (end, mut read) = (Instant::now() + PATIENCE, String::new());
        loop {
            match self
                .lines
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    read.push_str(&line);
                    read.push('\n');
                    if line.contains(text) {
                        return read;
                    }
                }
                Err(_) => {
                    let _ = self.child.kill();
                    let mut errors = String::new();
                    let _ = self
                        .child
                        .stderr
                        .take()
                        .unwrap()
                        .read_to_string(&mut errors);
                    panic!("no line holds {text:?}: {read}\n{errors}");
                }
            }
        }
    }

    /// The line to source the credentials with.
    pub fn source(&self) -> &str {
        self.announced
            .lines()
            .find(|line| line.starts_with("source "))
            .unwrap()
    }

    /// The calls as they were printed, one text per API.
    pub fn calls(&self) -> Vec<String> {
        let blocks = self.announced.split("--- ").skip(1);
        let calls = blocks.filter_map(|block| Some(block.split_once('\n')?.1.to_owned()));
        calls.filter(|call| !call.trim().is_empty()).collect()
    }

    /// The process's id.
    pub fn id(&self) -> String {
        self.child.id().to_string()
    }

    pub fn signal(&self, name: &str) {
        let id = self.id();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Ctrl-C, and the orderly end.
    pub async fn stop(mut self) {
        self.signal("INT");
        let status = self.wait().await;
        assert_eq!(status.code(), Some(0));
    }

    pub async fn wait(&mut self) -> ExitStatus {
        let child = std::sync::Mutex::new(&mut self.child);
        eventually(PATIENCE, async || {
            child
                .lock()
                .unwrap()
                .try_wait()
                .unwrap()
                .ok_or("it still runs")
        })
        .await
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a script in a shell, in the folder.
pub fn shell(shell: &str, folder: &Path, script: &str) -> Done {
    let mut command = Command::new(shell);
    command.arg("-c").arg(script).current_dir(folder);
    command.output().unwrap().into()
}

/// The lines that a call printed, as JSON.
pub fn replies(done: &Done) -> Vec<Value> {
    assert!(done.status == 0 && done.stderr.is_empty(), "{done:?}");
    done.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The variables of `demo.env`.
pub fn environment(folder: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder.join(".signup/demo.env")).unwrap();
    text.lines()
        .map(|line| line.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}
