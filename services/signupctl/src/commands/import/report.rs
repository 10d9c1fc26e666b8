//! How an import goes, and how it ended.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cli::ImportArgs;

/// What was counted.
pub struct Report {
    /// Users who are new; with a dry run, who would be.
    pub imported: u64,
    /// Users who were there before.
    pub already_there: u64,
    /// Lines that were refused.
    pub refused: u64,
    dry_run: bool,
    rejects: Option<PathBuf>,
    is_complete: bool,
    began: Instant,
    /// How far it is, and the file's size if that is known, bytes.
    done: u64,
    size: Option<u64>,
}

impl Report {
    /// Begins to count.
    pub fn new(arguments: &ImportArgs, size: Option<u64>) -> Self {
        Self {
            imported: 0,
            already_there: 0,
            refused: 0,
            dry_run: arguments.dry_run,
            rejects: arguments.rejects.clone(),
            is_complete: false,
            began: Instant::now(),
            done: 0,
            size,
        }
    }

    /// A line that ends here in the file is done. Lines are done in no order.
    pub fn reached(&mut self, end: u64) {
        self.done = self.done.max(end);
    }

    /// Every line was read.
    pub fn complete(&mut self) {
        self.is_complete = true;
    }

    /// Whether everything was read and nobody refused.
    pub fn is_clean(&self) -> bool {
        self.is_complete && self.refused == 0
    }

    /// One line for a terminal: how many, how fast, how long still.
    pub fn progress(&self) -> String {
        let elapsed = self.began.elapsed();
        let mut text = format!("{} users, {:.0}/s", self.lines(), self.rate(elapsed));
        if let Some(size) = self.size.filter(|size| *size > 0) {
            let part = self.done as f64 / size as f64;
            text.push_str(&format!(", {:.0}%", part * 100.0));
            if part > 0.0 {
                let left = elapsed.mul_f64((1.0 / part - 1.0).max(0.0));
                text.push_str(&format!(", {} left", clock(left)));
            }
        }
        if self.refused > 0 {
            text.push_str(&format!(", {} refused", self.refused));
        }
        text
    }

    /// The result for scripts.
    pub fn as_json(&self) -> Value {
        let elapsed = self.began.elapsed();
        json!({
            "dry_run": self.dry_run,
            "complete": self.is_complete,
            "users": self.lines(),
            "imported": self.imported,
            "already_there": self.already_there,
            "refused": self.refused,
            "seconds": (elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
            "per_second": self.rate(elapsed).round(),
            "rejects": self.rejects,
        })
    }

    /// The result for people.
    pub fn as_text(&self) -> String {
        let elapsed = self.began.elapsed();
        let imported = if self.dry_run {
            "would be imported"
        } else {
            "imported"
        };
        let mut text = format!(
            "{} users in {}, {:.0}/s: {} {imported}, {} already there, {} refused",
            self.lines(),
            clock(elapsed),
            self.rate(elapsed),
            self.imported,
            self.already_there,
            self.refused
        );
        match &self.rejects {
            Some(path) if self.refused > 0 => {
                text.push_str(&format!(" (see {})", path.display()));
            }
            _ => {}
        }
        if !self.is_complete {
            text.push_str("\nstopped before the end; run the same command again to go on");
        }
        text
    }

    fn lines(&self) -> u64 {
        self.imported + self.already_there + self.refused
    }

    fn rate(&self, elapsed: Duration) -> f64 {
        self.lines() as f64 / elapsed.as_secs_f64().max(0.001)
    }
}

/// `1:02:03`, or `02:03`.
fn clock(length: Duration) -> String {
    let seconds = length.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}
