//! `signupctl import`

mod checks;
mod lines;
mod rejects;
mod report;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use signup_app::catalog::Catalog;
use signup_app::import::{ImportError, ImportOutcome, Importer};

use crate::cli::ImportArgs;
use crate::failure::AlreadyReported;
use crate::output::{Output, Progress};
use crate::providers;
use crate::workplace::Workplace;

use checks::Checks;
use lines::{Line, Lines};
use rejects::Rejects;
use report::Report;

/// How often the progress is shown.
const SHOWN_EVERY: Duration = Duration::from_millis(200);

/// Brings the users of a file over.
pub async fn run(place: &Workplace, arguments: &ImportArgs, output: Output) -> anyhow::Result<()> {
    place.must_be_migrated().await?;
    let catalog = Catalog::load(providers::names(), &place.store, &place.keys()?).await?;
    let name = lines::name_of(&arguments.file);
    let checks = Checks::new(&catalog, arguments, &name)?;
    let importer = Importer::new(place.store.clone(), arguments.announce, arguments.dry_run);
    let mut lines = Lines::open(&arguments.file, arguments.format)?;
    let mut report = Report::new(arguments, lines.size());
    let mut rejects = Rejects::open(arguments.rejects.as_deref())?;

    let checks = &checks;
    let importer = &importer;
    let users = stream::poll_fn(|context| lines.poll(context))
        .take_until(stopped())
        .map(|line| import(line, checks, importer))
        .buffer_unordered(arguments.concurrency.into());
    let ended = watch(Box::pin(users), &mut report, &mut rejects).await;
    rejects.close()?;
    let failure = match ended {
        Err(error) => Some(error.to_string()),
        Ok(()) => lines.failure(),
    };
    if failure.is_none() && lines.is_at_end() {
        report.complete();
    }
    output.show(&report.as_json(), || report.as_text())?;
    if let Some(failure) = failure {
        anyhow::bail!("{failure}; run the same command again, it goes on where it was");
    }
    if report.is_clean() {
        Ok(())
    } else {
        Err(AlreadyReported.into())
    }
}

/// A line and what became of it.
struct Finished {
    number: u64,
    /// How far in the file it ended, bytes.
    end: u64,
    outcome: Result<ImportOutcome, ImportError>,
}

async fn import(line: Line, checks: &Checks<'_>, importer: &Importer) -> Finished {
    let Line {
        number,
        end,
        fields,
    } = line;
    let newcomer = fields.and_then(|fields| checks.check(fields, number));
    let outcome = match newcomer {
        Ok(newcomer) => importer.import(newcomer).await,
        Err(reason) => Ok(ImportOutcome::Refused(reason)),
    };
    Finished {
        number,
        end,
        outcome,
    }
}

/// Counts what becomes of each line and shows how far it is.
async fn watch(
    mut users: impl futures_util::Stream<Item = Finished> + Unpin,
    report: &mut Report,
    rejects: &mut Rejects,
) -> anyhow::Result<()> {
    let progress = Progress::new();
    let mut shown = Instant::now();
    while let Some(finished) = users.next().await {
        match count(finished, report)? {
            ControlFlow::Continue(()) => {}
            ControlFlow::Break((number, reason)) => rejects.add(&progress, number, &reason)?,
        }
        if shown.elapsed() >= SHOWN_EVERY {
            shown = Instant::now();
            progress.show(&report.progress());
        }
    }
    Ok(())
}

/// Breaks with a line that was refused, and why.
fn count(
    finished: Finished,
    report: &mut Report,
) -> Result<ControlFlow<(u64, String)>, ImportError> {
    report.reached(finished.end);
    Ok(match finished.outcome? {
        ImportOutcome::Imported => {
            report.imported += 1;
            ControlFlow::Continue(())
        }
        ImportOutcome::AlreadyThere => {
            report.already_there += 1;
            ControlFlow::Continue(())
        }
        ImportOutcome::Refused(reason) => {
            report.refused += 1;
            ControlFlow::Break((finished.number, reason))
        }
    })
}

/// Ends with Ctrl-C. What is under way is finished then, and counted.
async fn stopped() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Nobody can stop it this way; killing it does no harm either.
        std::future::pending::<()>().await;
    }
}
