//! `signupctl import`

mod checks;
mod lines;
mod rejects;
mod report;

use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt as _, stream};
use signup_app::catalog::Catalog;
use signup_app::import::{ImportError, ImportOutcome, Importer};

use crate::cli::ImportArgs;
use crate::failure::{AlreadyReported, Misuse};
use crate::output::{Output, Progress};
use crate::providers;
use crate::workplace::Workplace;

use checks::Checks;
use lines::{Line, Lines};
use rejects::Rejects;
use report::Report;

/// Lines that are compared in one go with who is there, and then written.
const CHUNK: usize = 64;

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
    if let Some(path) = &arguments.rejects
        && lines.are_of(path)
    {
        let problem = "--rejects names the file that is imported; name another one";
        return Err(Misuse(problem.to_owned()).into());
    }
    let mut report = Report::new(arguments, lines.size());
    let mut rejects = Rejects::open(arguments.rejects.as_deref())?;

    let checks = &checks;
    let importer = &importer;
    let chunks_under_way = usize::from(arguments.concurrency).div_ceil(CHUNK);
    let chunks = stream::poll_fn(|context| lines.poll(context))
        .take_until(stopped())
        .ready_chunks(CHUNK)
        .map(|lines| import(lines, checks, importer))
        .buffer_unordered(chunks_under_way);
    let ended = watch(Box::pin(chunks), &mut report, &mut rejects).await;
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
    outcome: ImportOutcome,
}

async fn import(
    lines: Vec<Line>,
    checks: &Checks<'_>,
    importer: &Importer,
) -> Result<Vec<Finished>, ImportError> {
    let mut finished = Vec::new();
    let mut places = Vec::new();
    let mut newcomers = Vec::new();
    for line in lines {
        let (number, end) = (line.number, line.end);
        match line.fields.and_then(|fields| checks.check(fields, number)) {
            Ok(newcomer) => {
                places.push((number, end));
                newcomers.push(newcomer);
            }
            Err(reason) => finished.push(Finished {
                number,
                end,
                outcome: ImportOutcome::Refused(reason),
            }),
        }
    }
    let outcomes = importer.import(newcomers).await?;
    let written = places.into_iter().zip(outcomes);
    finished.extend(written.map(|((number, end), outcome)| Finished {
        number,
        end,
        outcome,
    }));
    finished.sort_by_key(|line| line.number);
    Ok(finished)
}

/// Counts what becomes of each line and shows how far it is.
async fn watch(
    mut chunks: impl Stream<Item = Result<Vec<Finished>, ImportError>> + Unpin,
    report: &mut Report,
    rejects: &mut Rejects,
) -> anyhow::Result<()> {
    let progress = Progress::new();
    let mut shown = Instant::now();
    while let Some(finished) = chunks.next().await {
        for line in finished? {
            report.reached(line.end);
            match line.outcome {
                ImportOutcome::Imported => report.imported += 1,
                ImportOutcome::AlreadyThere => report.already_there += 1,
                ImportOutcome::Refused(reason) => {
                    report.refused += 1;
                    rejects.add(&progress, line.number, &reason)?;
                }
            }
        }
        if shown.elapsed() >= SHOWN_EVERY {
            shown = Instant::now();
            progress.show(&report.progress());
        }
    }
    Ok(())
}

/// Ends with Ctrl-C. What is under way is finished then, and counted.
async fn stopped() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Nobody can stop it this way; killing it does no harm either.
        std::future::pending::<()>().await;
    }
}
