//! `signupctl migrate`

use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use signup_app::shutdown::Shutdown;

use crate::output::{Output, note};
use crate::workplace::Workplace;

/// Between two looks at the schema.
const PAUSE: Duration = Duration::from_secs(1);

/// Migrates, or says what that would do.
pub async fn run(place: &Workplace, dry_run: bool, output: Output) -> anyhow::Result<()> {
    let migrations = if dry_run {
        place.pending_migrations().await?
    } else {
        place.migrate().await?
    };
    output.show(
        &json!({"dry_run": dry_run, "migrations": migrations}),
        || {
            if migrations.is_empty() {
                return format!("{} is up to date", place.database());
            }
            let verb = if dry_run { "is missing" } else { "was applied" };
            let lines: Vec<_> = migrations
                .iter()
                .map(|migration| format!("{migration} {verb}"))
                .collect();
            lines.join("\n")
        },
    )
}

/// Waits until nothing is missing; a newer schema than this program's is enough. Tells on standard error what it waits
/// for, once for each reason. A process that orchestrators start first: it ends at once when it is told to stop.
///
/// # Errors
/// It was told to stop.
pub async fn wait(place: &Workplace, output: Output) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals().context("signals cannot be handled")?;
    tokio::select! {
        () = until_up_to_date(place) => {}
        () = shutdown.wait() => anyhow::bail!("stopped while {} was not up to date", place.database()),
    }
    output.show(&json!({"up_to_date": true}), || {
        format!("{} is up to date", place.database())
    })
}

async fn until_up_to_date(place: &Workplace) {
    let mut told = None;
    loop {
        let reason = match place.pending_migrations().await {
            Ok(missing) if missing.is_empty() => return,
            Ok(missing) => format!("missing: {}", missing.join(", ")),
            Err(error) => format!("{error:#}"),
        };
        if told.as_ref() != Some(&reason) {
            note(format_args!("signupctl: waits: {reason}"));
            told = Some(reason);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
