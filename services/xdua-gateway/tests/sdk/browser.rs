//! A headless Chromium with a profile of its own.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

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
];

/// A running browser. It ends when this value is dropped.
pub struct Browser {
    process: Child,
    profile: TempDir,
}

impl Browser {
    /// Opens a page with a browser in this language, for example `zh-CN`.
    pub fn open(page: &str, language: &str) -> Self {
        let program = std::env::var("TEST_CHROMIUM").expect(
            "TEST_CHROMIUM must name a browser. Run: \
             scripts/with-chromium cargo test -p xdua-gateway --test sdk",
        );
        let profile = tempfile::tempdir().unwrap();
        let output = File::create(profile.path().join("output")).unwrap();
        let process = Command::new(&program)
            .args(FLAGS)
            .arg(format!("--accept-lang={language}"))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(page)
            // What the browser keeps outside of its profile.
            .env("TMPDIR", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(output)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("TEST_CHROMIUM={program} does not start: {error}"));
        Self { process, profile }
    }

    /// What the browser has said so far, for the message of a failed test.
    pub fn output(&self) -> String {
        let output = fs::read(self.profile.path().join("output")).unwrap();
        String::from_utf8_lossy(&output).into_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The whole group: with its parent gone, a process of the browser would still write to the profile.
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.process.wait();
    }
}
