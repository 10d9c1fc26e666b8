//! A headless Chromium with a profile of its own.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::time::sleep;

/// No sandbox: containers and root cannot have one, and the pages are ours. The rest keeps the browser from calling home.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--remote-debugging-pipe",
];

/// Gives the browser its standard input as the pipe of `--remote-debugging-pipe`. Nobody debugs: the browser ends when
/// that pipe is closed, which happens even if the test is killed.
const START: &str = r#"exec "$0" "$@" 3<&0 4>/dev/null 0</dev/null"#;

/// How long a browser may take to end in peace.
const GRACE: Duration = Duration::from_secs(10);

/// Time between two looks at the browser's process.
const PAUSE: Duration = Duration::from_millis(10);

/// A running browser. It ends when this value is dropped.
pub struct Browser {
    process: Child,
    profile: TempDir,
}

impl Browser {
    /// Opens a page with a browser in this language, for example `zh-CN`.
    pub fn open(page: &str, language: &str) -> Self {
        let program = std::env::var("TEST_CHROMIUM").unwrap_or_else(|_| {
            panic!(
                "TEST_CHROMIUM names no browser. Run: \
                 scripts/with-chromium cargo test -p xdua-gateway --test sdk"
            )
        });
        let profile = tempfile::tempdir().unwrap();
        let output = File::create(profile.path().join("output")).unwrap();
        let process = Command::new("sh")
            .args(["-c", START, &program])
            .args(FLAGS)
            .arg(format!("--accept-lang={language}"))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(page)
            // What the browser keeps outside of its profile.
            .env("TMPDIR", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(output)
            .spawn()
            .unwrap();
        Self { process, profile }
    }

    /// Waits until the browser ends by itself, which it should not, and returns what it said.
    pub async fn ended(&mut self) -> String {
        while self.process.try_wait().unwrap().is_none() {
            sleep(PAUSE).await;
        }
        self.output()
    }

    /// What the browser has said so far, for the message of a failed test.
    pub fn output(&self) -> String {
        let output = fs::read(self.profile.path().join("output")).unwrap();
        String::from_utf8_lossy(&output).into_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let deadline = Instant::now() + GRACE;
        while matches!(self.process.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.process.kill();
            }
            thread::sleep(PAUSE);
        }
    }
}
