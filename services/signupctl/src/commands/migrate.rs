//! `signupctl migrate`

use serde_json::json;

use crate::output::Output;
use crate::workplace::Workplace;

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
