//! `signupctl calibrate`: what hashing takes here, and the cost that this allows.

mod proposal;

use std::path::Path;
use std::thread::available_parallelism;
use std::time::Duration;

use serde_json::{Value, json};
use signup_app::hash_pool::calibration;
use signup_core::password::BCRYPT_COSTS;

use crate::cli::CalibrateArgs;
use crate::output::{Output, Progress, table};
use crate::workplace;

use self::proposal::{Proposal, Row, rows};

/// The costs that are measured, and how many hashes each thread makes: enough for a median, and a few seconds in all.
const MEASURED: [(u32, usize); 3] = [(10, 7), (11, 5), (12, 3)];

/// Measures, and proposes a cost.
///
/// # Errors
/// The settings are at fault, or the system gives no threads.
pub fn run(arguments: &CalibrateArgs, file: Option<&Path>, output: Output) -> anyhow::Result<()> {
    let settings = workplace::settings(file)?;
    let threads = arguments.threads.map_or(settings.hash.threads, usize::from);
    let measured = measure(threads, settings.hash.nice)?;
    let proposal = Proposal {
        rows: rows(&measured, threads, &BCRYPT_COSTS),
        target: arguments.target,
        threads,
        cores: available_parallelism().map_or(threads, usize::from),
        configured_cost: settings.hash.cost,
        queue: settings.hash.queue,
        request_deadline: settings.http.request_deadline,
    };
    output.show(&as_json(&proposal), || as_text(&proposal))
}

/// Cost, time alone, time with all threads at work.
fn measure(threads: usize, nice: i32) -> anyhow::Result<Vec<(u32, Duration, Duration)>> {
    let progress = Progress::new();
    let mut measured = Vec::new();
    for (cost, rounds) in MEASURED {
        progress.show(&format!("measuring cost {cost}, one thread"));
        let alone = calibration::median_time(cost, 1, nice, rounds)?;
        progress.show(&format!("measuring cost {cost}, {threads} threads"));
        let busy = match threads {
            1 => alone,
            _ => calibration::median_time(cost, threads, nice, rounds)?,
        };
        measured.push((cost, alone, busy));
    }
    Ok(measured)
}

fn as_text(proposal: &Proposal) -> String {
    let rows: Vec<_> = proposal.rows.iter().map(cells).collect();
    let busy = match proposal.threads {
        1 => "1 THREAD BUSY".to_owned(),
        threads => format!("{threads} THREADS BUSY"),
    };
    let headings = ["COST", "ALONE", &busy, "SIGN-UPS/S", "FIGURES"];
    let mut text = table(headings, &rows, "nothing was measured");
    text.push_str("\n\n");
    text.push_str(&proposal.advice().join("\n"));
    text
}

fn cells(row: &Row) -> [String; 5] {
    let figures = if row.measured { "measured" } else { "computed" };
    [
        row.cost.to_string(),
        milliseconds(row.alone),
        milliseconds(row.busy),
        format!("{:.1}", row.per_second),
        figures.to_owned(),
    ]
}

fn as_json(proposal: &Proposal) -> Value {
    let row = |row: &Row| {
        json!({
            "cost": row.cost,
            "alone_ms": rounded(row.alone.as_secs_f64() * 1000.0),
            "busy_ms": rounded(row.busy.as_secs_f64() * 1000.0),
            "sign_ups_per_second": rounded(row.per_second),
            "measured": row.measured,
        })
    };
    json!({
        "proposed_cost": proposal.proposed().cost,
        "within_target": proposal.is_within_target(),
        "configured_cost": proposal.configured_cost,
        "target_ms": proposal.target.as_millis() as u64,
        "threads": proposal.threads,
        "costs": proposal.rows.iter().map(row).collect::<Vec<_>>(),
        "advice": proposal.advice(),
    })
}

fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn milliseconds(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1000.0)
}
