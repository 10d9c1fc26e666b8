//! Torture: people sign up at all three services while services, workers, broker and database are killed at random. In
//! the end four sides that know nothing of each other must agree: clients, database, a consumer, a mail server.
//!
//! `make torture` runs it; `--help` says how. The plan is drawn from the seed; what the load does at the moment of a
//! kill is not, so a run that found something may have to be repeated.

mod calm;
mod check;
mod client;
mod cluster;
mod consumer;
mod ground;
mod ledger;
mod load;
mod mailbox;
mod outage;
mod plan;
mod process;
mod product;
mod report;
mod rounds;
mod tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use serde_json::Value;
use tokio::task::spawn_blocking;

use crate::check::Evidence;
use crate::client::{Client, Services};
use crate::consumer::Consumer;
use crate::ground::Ground;
use crate::ledger::Ledger;
use crate::load::Load;
use crate::outage::Outage;
use crate::plan::Round;
use crate::report::Report;

/// People who sign up get so long to come to an end when the killing is over.
const LAST_CALL: Duration = Duration::from_secs(180);

#[derive(Debug, Parser)]
#[command(
    about = "Kills services, workers, broker and database at random under load, and checks that nothing was lost",
    after_help = "EXAMPLES
    torture --rounds 20
    torture --rounds 200 --seed 4711
    torture --rounds 0 --outage 600 --json

Exit status: 0 when all is well, 1 when something was lost, doubled or late, 2 for a faulty command line."
)]
struct Arguments {
    /// Rounds: in each, one or two victims are killed and come back
    #[arg(long, value_name = "N", default_value_t = 20)]
    rounds: usize,
    /// What the plan is drawn from; by chance if it is left out
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// After the rounds, stop the broker for so many seconds under constant load; 0 leaves that out
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    outage: u64,
    /// Events per second that arrive during the outage: four of five sign-ups, one a request for a code
    #[arg(long, value_name = "PER_SECOND", default_value_t = 20.0, value_parser = rate)]
    rate: f64,
    /// Only print the plan
    #[arg(long)]
    plan: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

fn rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate| (0.1..=1_000.0).contains(rate))
        .ok_or_else(|| "must be a number from 0.1 to 1000".to_owned())
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seed = arguments
        .seed
        .unwrap_or_else(|| rand::random_range(1..1_000_000));
    let plan = plan::draw(seed, arguments.rounds);
    if arguments.plan {
        for (number, round) in plan.iter().enumerate() {
            let strikes: Vec<_> = round.strikes.iter().map(rounds::told).collect();
            println!(
                "round {:>3}: after {:.1} s {}",
                number + 1,
                round.load.as_secs_f64(),
                strikes.join("; ")
            );
        }
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "torture: seed {seed}; its plan: torture --rounds {} --seed {seed} --plan",
        arguments.rounds
    );
    let run = tokio::select! {
        run = run(&arguments, seed, &plan) => run,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    let report = match run {
        Ok(report) => report,
        Err(error) => {
            eprintln!(
                "torture: {error:#}\nagain with: {}",
                repeat(&arguments, seed)
            );
            return ExitCode::FAILURE;
        }
    };
    if arguments.json {
        match serde_json::to_string_pretty(&report) {
            Ok(json) => println!("{json}"),
            Err(error) => eprintln!("torture: {error}"),
        }
    } else {
        print!("{}", report.table());
    }
    if report.faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn run(arguments: &Arguments, seed: u64, plan: &[Round]) -> anyhow::Result<Report> {
    let start = Instant::now();
    let logs = log_folder(seed)?;
    eprintln!("torture: logs in {}", logs.display());
    let ground = Ground::prepare(&logs).await?;
    let access = product::declare(&ground.environment).await?;
    // It needs the product's queues, so it declares them: before the last of all queues, see there.
    product::signupctl(&ground.environment, &["dead", "list", "--json"]).await?;
    // Before the first sign-up: a queue gets nothing that was published before it was bound.
    let consumer = Consumer::bind(&ground.broker_url).await?;
    ground.start_programs().await?;
    let watches = [
        tokio::spawn({
            let consumer = Arc::clone(&consumer);
            async move { consumer.consume().await }
        }),
        tokio::spawn({
            let mailbox = Arc::clone(&ground.mailbox);
            async move { mailbox.watch().await }
        }),
    ];
    let ledger = Arc::new(Ledger::default());
    let client = Client {
        services: Services::new(ground.replicas().await, Arc::clone(&ledger))?,
        access: Arc::new(access),
        mailbox: Arc::clone(&ground.mailbox),
    };

    let mut faults = Vec::new();
    if !plan.is_empty() {
        let load = Load::start(&client);
        faults.extend(rounds::carry_out(&ground, plan, &ledger).await?);
        eprintln!("torture: the killing is over, people come to an end");
        load.finish(LAST_CALL).await;
    }
    let mut outage = None;
    if arguments.outage > 0 {
        // Nothing of the rounds shall wait in what is measured now.
        faults.extend(calm::wait_for_outbox(&ground).await);
        let length = Duration::from_secs(arguments.outage);
        outage = Some(outage::run(&ground, &client, length, arguments.rate).await?);
        faults.extend(outage.iter().flat_map(Outage::faults));
    }
    eprintln!("torture: waiting until nothing waits");
    faults.extend(
        calm::wait(&ground, &consumer)
            .await
            .map(|missing| format!("no calm: {missing}")),
    );
    let evidence = gather(&ground, &consumer, &ledger).await?;
    for watch in watches {
        watch.abort();
    }
    ground.keep_broker_log()?;
    let (counts, wrong) = check::check(&evidence);
    faults.extend(wrong);
    Ok(Report {
        seed,
        rounds: plan.len(),
        kills: kills(plan),
        seconds: start.elapsed().as_secs_f64(),
        counts,
        outage,
        faults,
        repeat: repeat(arguments, seed),
        logs: logs.display().to_string(),
    })
}

async fn gather(ground: &Ground, consumer: &Consumer, ledger: &Ledger) -> anyhow::Result<Evidence> {
    let dead = product::signupctl(
        &ground.environment,
        &["dead", "list", "--json", "--limit", "1000"],
    )
    .await?;
    let Value::Array(dead) = dead else {
        anyhow::bail!("signupctl dead list prints no list");
    };
    let url = ground.database.clone();
    Ok(Evidence {
        pages: ledger.read(),
        tables: spawn_blocking(move || tables::read(&url)).await??,
        arrivals: consumer.seen(),
        mails: ground.mailbox.all(),
        dead,
    })
}

/// An empty folder for the logs, beside the folder of the executable: `target/torture/<seed>`.
fn log_folder(seed: u64) -> anyhow::Result<PathBuf> {
    let executable = std::env::current_exe()?;
    let target = executable
        .parent()
        .and_then(Path::parent)
        .context("the executable is in no target folder")?;
    let folder = target.join("torture").join(seed.to_string());
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn kills(plan: &[Round]) -> Vec<(String, usize)> {
    let mut kills = BTreeMap::new();
    for strike in plan.iter().flat_map(|round| &round.strikes) {
        *kills.entry(strike.victim.to_string()).or_default() += 1;
    }
    kills.into_iter().collect()
}

fn repeat(arguments: &Arguments, seed: u64) -> String {
    format!(
        "make torture ROUNDS={} SEED={seed} OUTAGE={}",
        arguments.rounds, arguments.outage
    )
}
