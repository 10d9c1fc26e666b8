//! The benchmark: measures what the services do, and in the same run what the machine's parts can do at best.
//!
//! `make bench` runs it; `benches/README.md` says what each line means.

mod bare_sqlite;
mod better_auth;
mod client;
mod codes;
mod embedded;
mod hashing;
mod lines;
mod load;
mod machine;
mod pgbench;
mod population;
mod portal;
mod postgres;
mod rabbit;
mod reception;
mod report;
mod requests;
mod series;
mod service;
mod stand;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::machine::Machine;
use crate::report::Report;
use crate::stand::{Options, Stand};

#[derive(Debug, Parser)]
#[command(
    about = "Measures the services against what the same machine does without them",
    after_help = "EXAMPLES
    bench
    bench --quick --only passwordless-32-five,passwordless-statements
    bench --seconds 20 --rounds 9 --json
    bench --list

The result goes to standard output and as JSON to target/bench.json, progress to standard error, logs of all servers to \
target/bench/.

Exit status: 0 when every line could be measured, whether or not it met its goal; 1 when one could not; 2 for a faulty \
command line."
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Measure only these lines
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Short rounds and little data: for a look, not for a record
    #[arg(long)]
    quick: bool,
    /// Seconds that count in a round; 8 by default, 3 with --quick
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: Option<u16>,
    /// Rounds of each measurement; 5 by default, 3 with --quick
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: Option<u16>,
    /// Compare with better-auth as well; npm installs it for the run
    #[arg(long)]
    better_auth: bool,
    /// Print JSON instead of the table
    #[arg(long)]
    json: bool,
    /// Only list the lines
    #[arg(long)]
    list: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A load process: reads an order from standard input
    #[command(hide = true)]
    Load,
    /// A process that hashes: reads an order from standard input
    #[command(hide = true)]
    Hash,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Some(Command::Load) => load::run().map(|()| true),
        Some(Command::Hash) => hashing::run().map(|()| true),
        None if arguments.list => {
            list();
            Ok(true)
        }
        None => bench(&arguments),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn list() {
    for spec in lines::FAMILIES.iter().flat_map(|family| family.specs) {
        let goal = spec.goal.map(|goal| goal.to_string()).unwrap_or_default();
        println!("{:<26} {goal:<8} {}", spec.name, spec.about);
    }
}

/// Measures, prints, and writes the JSON file. Whether all lines could be measured.
fn bench(arguments: &Arguments) -> anyhow::Result<bool> {
    let unknown = lines::unknown(&arguments.only);
    if !unknown.is_empty() {
        eprintln!(
            "bench: no line is called {}; see bench --list",
            unknown.join(", ")
        );
        std::process::exit(2);
    }
    let (seconds, rounds) = if arguments.quick { (3, 3) } else { (8, 5) };
    let options = Options {
        quick: arguments.quick,
        seconds: f64::from(arguments.seconds.unwrap_or(seconds)),
        rounds: usize::from(arguments.rounds.unwrap_or(rounds)),
        better_auth: arguments.better_auth,
    };
    let target = target_folder()?;
    let logs = target.join("bench");
    let _ = std::fs::remove_dir_all(&logs);
    std::fs::create_dir_all(&logs)?;
    let stopped = watch_for_ctrl_c();
    let stand = Stand::prepare(options, &logs)?;
    let settings = postgres::SETTINGS.map(|(name, value)| format!("{name}={value}"));
    let mut machine = Machine::look(stand.cluster.version()?, settings.into());
    let lines = lines::measure(&stand, &arguments.only, &stopped);
    machine.rabbitmq = stand.rabbitmq.take();
    let report = Report {
        lines,
        machine,
        quick: options.quick,
    };
    let json = serde_json::to_string_pretty(&report)?;
    let file = target.join("bench.json");
    std::fs::write(&file, format!("{json}\n"))
        .with_context(|| format!("{} cannot be written", file.display()))?;
    if arguments.json {
        println!("{json}");
    } else {
        print!("{report}");
    }
    eprintln!("bench: {} has it all", file.display());
    Ok(report.is_complete())
}

/// Ctrl-C reaches the servers and the load as well, so that whatever is being measured fails; nothing further is begun,
/// and what was started and made is removed as after any other run.
fn watch_for_ctrl_c() -> impl Fn() -> bool {
    let stopped = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stopped);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build();
        if runtime.is_ok_and(|runtime| runtime.block_on(tokio::signal::ctrl_c()).is_ok()) {
            stopped.store(true, Ordering::Relaxed);
            eprintln!("bench: interrupted");
        }
    });
    move || seen.load(Ordering::Relaxed)
}

/// Cargo's folder, which it marks as one of caches; between it and this program may be one for the architecture, marked too.
fn target_folder() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let marked = program
        .ancestors()
        .filter(|folder| folder.join("CACHEDIR.TAG").exists());
    let target = marked.last();
    Ok(target
        .context("this program lies in no target folder")?
        .to_owned())
}
