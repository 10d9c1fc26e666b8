//! The command that brings users over.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `signupctl import`
#[derive(Args, Debug)]
#[command(
    long_about = "Bring users over who signed up elsewhere, with their password hashes.

One user per line of JSON, or per row of CSV below a header. Each is checked as its application's sign-up checks it and \
written as a sign-up is; one that is at fault stops nobody else. docs/import.md describes the fields.

Run it again after it was stopped: who is there already is recognised, and nobody comes twice. One who is there with \
other data is refused, never changed.

Nothing is announced: no user.created, no webhook, no welcome. --announce changes that.",
    after_help = "EXAMPLES
    signupctl import users.jsonl --application bytepower/puzzle-game --dry-run
    signupctl import users.jsonl --application bytepower/puzzle-game --rejects refused.jsonl
    signupctl import users.csv --announce --json
    zcat users.jsonl.gz | signupctl import - --application ciam/acme-web --min-cost 8

Exit status 1 if a user was refused, or the import did not get to the end. Lines that were refused are told with their \
numbers and without their content, on standard error or in --rejects."
)]
pub struct ImportArgs {
    /// JSON Lines or CSV, UTF-8; - for standard input
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,
    /// The format; without it the file's name decides: .csv, else JSON Lines
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FileFormat>,
    /// The application of the users whose lines name none
    #[arg(long, value_name = "PROVIDER/ID")]
    pub application: Option<String>,
    /// Check every line and compare it with who is there; write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Announce every new user as user.created: consumers and webhooks get it
    #[arg(long)]
    pub announce: bool,
    /// Write what was refused to this file, one JSON object per line: line, reason
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// The least bcrypt cost of a hash that is accepted, from 4 up; below 10 it protects little
    #[arg(long, value_name = "COST", default_value_t = 10, value_parser = clap::value_parser!(u32).range(4..=15))]
    pub min_cost: u32,
    /// Users under way at a time: more share a commit, and burden the database more
    #[arg(long, value_name = "COUNT", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=2048))]
    pub concurrency: u16,
}

/// What an import file is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    /// JSON Lines
    Jsonl,
    /// CSV with a header
    Csv,
}
