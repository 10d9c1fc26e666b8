//! What the figures were measured on.

use std::fmt;
use std::process::Command;

use serde::Serialize;

use crate::service::root_file;

/// The machine, its servers, and what was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Processors that the system shows.
    pub cores: usize,
    /// The processor's model.
    pub model: String,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The kernel's release.
    pub kernel: String,
    /// Whether the kernel shares the processor out by sessions (`kernel.sched_autogroup_enabled`): each of PostgreSQL's
    /// processes is a session of its own then, and so is the service with all its hash threads.
    pub autogroup: bool,
    /// PostgreSQL's version.
    pub postgresql: String,
    /// Which of PostgreSQL's settings differ from its defaults.
    pub postgresql_settings: Vec<String>,
    /// RabbitMQ's version; none when no line needed it.
    pub rabbitmq: Option<String>,
    /// The commit of this repository, with `+` when files differ from it; none outside of git.
    pub commit: Option<String>,
    /// Processes that wanted to run in the minute before: near zero on a quiet machine.
    pub load_average: f64,
}

impl Machine {
    /// Looks around. Call it before the first load.
    pub fn look(postgresql: String, postgresql_settings: Vec<String>) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        let kib = memory.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            model: field(&read("/proc/cpuinfo"), "model name").unwrap_or_default(),
            memory_mib: kib.unwrap_or_default() / 1024,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            autogroup: autogroup(),
            postgresql,
            postgresql_settings,
            rabbitmq: None,
            commit: commit(),
            load_average: load_average(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cores, {}, {} MiB, Linux {}, PostgreSQL {}",
            self.cores, self.model, self.memory_mib, self.kernel, self.postgresql
        )?;
        if let Some(version) = &self.rabbitmq {
            write!(f, ", RabbitMQ {version}")?;
        }
        if let Some(commit) = &self.commit {
            write!(f, ", commit {commit}")?;
        }
        if self.autogroup {
            write!(f, ", processor shared out by sessions")?;
        }
        write!(f, ", load average before {:.2}", self.load_average)
    }
}

/// Whether the kernel shares the processor out by sessions: sched(7).
pub fn autogroup() -> bool {
    let text = std::fs::read_to_string("/proc/sys/kernel/sched_autogroup_enabled");
    text.is_ok_and(|text| text.trim() == "1")
}

/// The load average of the last minute: proc(5).
pub fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = text.split_whitespace().next();
    first
        .and_then(|figure| figure.parse().ok())
        .unwrap_or_default()
}

fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(root_file("."))
            .args(arguments)
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let head = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() {
        head
    } else {
        format!("{head}+")
    })
}
